import type { Dataset } from '../data/dataset.js';
import { defaultDataDir, sizeFor } from '../data/registry.js';
import { type ErrorCode, KilnError } from '../errors/errors.js';
import { encodeModel } from '../onnx/encode.js';
import { type ClassifierMetadata, encodeMetadata } from '../runtime/metadata.js';
import { modelDigest } from '../runtime/model-digest.js';
import type { WeightSet } from '../train/engine.js';
import { loadDataset } from '../train/parts/load.js';
import { type ModelSource, openTrainedModel, type TrainedModel } from '../train/trained-model.js';
import type { ExportFormat, PlacedModel } from './format.js';
import { inferenceGraph } from './inference-graph.js';
import { measureFile } from './measure.js';
import { describeModel } from './metadata.js';
import { checkParity, type ParityReport } from './parity.js';
import { parityPictures } from './parity-pictures.js';
import { checkPlace, placeModel } from './place-model.js';

/** Which checkpoint becomes a file, and what stands in it. */
export interface ExportOptions extends ModelSource {
  /** The file to write; one that is there is replaced. Of other formats than onnx: the model repository's folder. */
  readonly out: string;
  /** Default one ONNX file. */
  readonly format?: ExportFormat;
  /** Default ema: the averaged weights. */
  readonly weights?: WeightSet;
  /** Default `<dataset>-<network>`. */
  readonly name?: string;
  /** Where the dataset lies. Default: where the run found it, else that of data/registry.ts. */
  readonly dataDir?: string;
  /** Whether the test split is classified for the card: `if-there` leaves it out where the data is missing. */
  readonly evaluation?: 'if-there' | 'required' | 'none';
  /** One of the user's own, or its module's path. Default: where the run found it, else the one of its name. */
  readonly dataset?: string | Dataset;
  /** Told what happens, for people. */
  readonly onProgress?: (text: string) => void;
}

/** The file that was written. */
export interface ExportResult extends PlacedModel {
  readonly bytes: number;
  /** sha256 (hex) of the file. */
  readonly digest: string;
  readonly metadata: ClassifierMetadata;
  readonly parity: ParityReport;
}

/**
 * Turns a checkpoint into one ONNX file that needs nothing else: picture bytes in, probabilities out, with labels
 * and provenance inside. What is written was reloaded in two runtimes and agreed with the trainer (parity.ts).
 *
 * @throws EXPORT_PARITY and EXPORT_UNWRITABLE, with nothing written; EXPORT_CONFLICT and OPTION_INVALID as `checkPlace`;
 *   DATASET_MISMATCH where the data is not what the checkpoint was trained on; RUN_NOT_FOUND and CHECKPOINT_… as
 *   `openTrainedModel`
 */
export async function exportModel(options: ExportOptions): Promise<ExportResult> {
  const { weights = 'ema', format = { kind: 'onnx' }, onProgress = () => {} } = options;
  const model = await openTrainedModel(options);
  const dataset = await openData(model, options);
  const count = model.run?.config.data.count ?? (await countOf(model, dataset, options));
  const description = describeModel(model, dataset, { name: options.name, weights, count });
  const { name } = description;
  await checkPlace(options.out, { name, metadata: { ...description, evaluation: null } }, format);
  const encode = (set: WeightSet, evaluation: ClassifierMetadata['evaluation']) =>
    encodeFile(model, { ...description, evaluation }, set);

  let evaluation: ClassifierMetadata['evaluation'] = null;
  if (dataset !== undefined && options.evaluation !== 'none') {
    onProgress(`classifying the ${dataset.split('test').count} test pictures of ${dataset.name}`);
    evaluation = await evaluate(dataset, weights, encode);
  }

  const file = encode(weights, evaluation);
  onProgress('comparing the file with the trainer, in onnxruntime-node and onnxruntime-web');
  const pictures = parityPictures(description.frame, dataset?.split('test'));
  const parity = await checkParity(
    file,
    { network: model.network, classes: description.labels.length, weights: model.weights(weights) },
    pictures,
  );
  const metadata = { ...description, evaluation };
  const placed = await placeModel(options.out, { name, bytes: file, metadata }, format);
  return { ...placed, bytes: file.length, digest: modelDigest(file), metadata, parity };
}

function encodeFile(model: TrainedModel, metadata: ClassifierMetadata, weights: WeightSet): Uint8Array {
  const graph = inferenceGraph(model.network, metadata.frame, metadata.labels.length);
  return encodeModel(graph, {
    name: metadata.name,
    parameters: new Map(Array.from(model.weights(weights), ([name, { data }]) => [name, data])),
    metadata: encodeMetadata(metadata),
    producer: { name: 'onnx-kiln', version: metadata.producer.version },
  });
}

async function evaluate(
  dataset: Dataset,
  weights: WeightSet,
  encode: (set: WeightSet, evaluation: null) => Uint8Array,
): Promise<ClassifierMetadata['evaluation']> {
  const test = dataset.split('test');
  const raw = await measureFile(encode('raw', null), test);
  const result = weights === 'raw' ? raw : await measureFile(encode(weights, null), test);
  const { count, precisionAt1, interval, top5 } = result;
  return {
    split: 'test',
    count,
    precisionAt1,
    interval: [...interval],
    top5,
    rawPrecisionAt1: raw.precisionAt1,
  };
}

/** Refusals that say no more than that the data is not here; the last is that of a module. */
const missing: ReadonlySet<ErrorCode> = new Set(['DATASET_NOT_FOUND', 'DATASET_UNKNOWN', 'FILE_NOT_FOUND']);

/** @throws DATASET_MISMATCH where accuracy would be measured on other data than the checkpoint's */
async function openData(model: TrainedModel, options: ExportOptions): Promise<Dataset | undefined> {
  const { evaluation = 'if-there' } = options;
  const { name, digest } = model.checkpoint.dataset;
  let dataset: Dataset;
  try {
    dataset = await findData(model, options);
  } catch (error) {
    const isMissing = error instanceof KilnError && missing.has(error.code);
    if (isMissing && evaluation !== 'required') return undefined;
    throw error;
  }
  // Without an evaluation the pictures only serve the comparison, for which any do.
  if (dataset.digest === digest || evaluation === 'none') return dataset;
  throw new KilnError('DATASET_MISMATCH', {
    message: 'The dataset is not the one that the model was trained on.',
    expected: `${name} with digest ${digest}`,
    received: dataset.digest,
  });
}

/** Examples trained on, for a checkpoint without its run. */
async function countOf(
  model: TrainedModel,
  dataset: Dataset | undefined,
  options: ExportOptions,
): Promise<number> {
  const data = dataset ?? (await findData(model, options));
  return data.split(model.checkpoint.trainedOn).count;
}

/** The dataset named, else the one that the run found, else the one of the checkpoint's name. */
async function findData({ checkpoint, run }: TrainedModel, options: ExportOptions): Promise<Dataset> {
  const { dataset, dataDir } = { ...run?.config.choices, ...options };
  const asked = dataset ?? checkpoint.dataset.name;
  const { part } = await loadDataset(asked, {
    dataDir: dataDir ?? defaultDataDir(),
    ...(typeof asked === 'string' && sizeFor(asked, checkpoint.frame)),
  });
  return part;
}
