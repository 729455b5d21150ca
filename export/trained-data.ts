import type { Dataset } from '../data/dataset.js';
import { defaultDataDir, sizeFor } from '../data/registry.js';
import { type ErrorCode, KilnError } from '../errors/errors.js';
import { loadDataset } from '../train/parts/load.js';
import type { Frame } from './inference-graph.js';

/** What a model knows of the data that it was trained on. */
export interface TrainedData {
  readonly name: string;
  readonly digest: string;
  readonly frame: Frame | undefined;
  /** How its run found the data. */
  readonly choices: DataChoice | undefined;
}

interface DataChoice {
  /** One of the user's own, or its module's path. Default: the one of the model's name. */
  readonly dataset?: string | Dataset;
  /** Default: that of data/registry.ts. */
  readonly dataDir?: string;
}

/** What is accepted in place of the data itself: nothing, its absence, or (for pictures without labels) any data. */
export type Substitute = 'nothing' | 'absence' | 'absence or other data';

/** Refusals that say no more than that the data is not here; the last is that of a module. */
const missing: ReadonlySet<ErrorCode> = new Set(['DATASET_NOT_FOUND', 'DATASET_UNKNOWN', 'FILE_NOT_FOUND']);

/**
 * Opens the data that a model was trained on.
 * @throws KilnError DATASET_MISMATCH for other data, DATASET_… where there is none, unless the substitute allows it
 */
export async function openTrainedData(
  trained: TrainedData,
  choice: DataChoice,
  substitute: Substitute,
): Promise<Dataset | undefined> {
  let dataset: Dataset;
  try {
    dataset = await findTrainedData(trained, choice);
  } catch (error) {
    const isMissing = error instanceof KilnError && missing.has(error.code);
    if (isMissing && substitute !== 'nothing') return undefined;
    throw error;
  }
  if (dataset.digest === trained.digest || substitute === 'absence or other data') return dataset;
  throw new KilnError('DATASET_MISMATCH', {
    message: 'The dataset is not the one that the model was trained on.',
    expected: `${trained.name} with digest ${trained.digest}`,
    received: dataset.digest,
  });
}

/** The dataset named, else the one that the run found, else the one of the model's; it may be another than that. */
export async function findTrainedData(
  { name, frame, choices }: TrainedData,
  choice: DataChoice,
): Promise<Dataset> {
  const { dataset: asked = name, dataDir = defaultDataDir() } = { ...choices, ...choice };
  const { part } = await loadDataset(asked, {
    dataDir,
    ...(typeof asked === 'string' && sizeFor(asked, frame)),
  });
  return part;
}
