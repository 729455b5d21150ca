import type { Dataset } from '../data/dataset.js';
import type { ClassifierMetadata } from '../runtime/metadata.js';
import { modelDigest } from '../runtime/model-digest.js';
import type { WeightSet } from '../train/engine.js';
import { type ModelSource, openTrainedModel, type TrainedModel } from '../train/trained-model.js';
import { encodeClassifier } from './encode-classifier.js';
import type { ExportFormat, PlacedModel } from './format.js';
import { measureFile } from './measure.js';
import { describeModel } from './metadata.js';
import { checkParity, type ParityReport } from './parity.js';
import { parityPictures } from './parity-pictures.js';
import { checkPlace, placeModel } from './place-model.js';
import type { Precision } from './precision/precision.js';
import { reducePrecision } from './precision/reduce.js';
import { findTrainedData, openTrainedData, type Substitute, type TrainedData } from './trained-data.js';
import { viewWeights } from './views.js';

/** Which checkpoint becomes a file, and what stands in it. */
export interface ExportOptions extends ModelSource {
  /** The file to write; one that is there is replaced. Of other formats than onnx: the model repository's folder. */
  readonly out: string;
  /** Default one ONNX file. */
  readonly format?: ExportFormat;
  /** Default float32. A smaller file must answer as well (precision/reduce.ts). */
  readonly precision?: Precision;
  /** Default ema: the averaged weights. */
  readonly weights?: WeightSet;
  /** Whether the file answers with the mean over six views of a picture (views.ts): better, and six times the work. */
  readonly tta?: boolean;
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
 * @throws EXPORT_PARITY, EXPORT_ACCURACY and EXPORT_UNWRITABLE, with nothing written; EXPORT_CONFLICT and
 *   OPTION_INVALID as `checkPlace`; DATASET_MISMATCH where the data is not what the checkpoint was trained on;
 *   RUN_NOT_FOUND and CHECKPOINT_… as `openTrainedModel`
 */
export async function exportModel(options: ExportOptions): Promise<ExportResult> {
  const { weights = 'ema', format = { kind: 'onnx' }, precision = { kind: 'float32' } } = options;
  const { onProgress = () => {} } = options;
  const model = await openTrainedModel(options);
  const dataset = await openTrainedData(dataOf(model), options, substituteFor(options));
  const count = model.run?.config.data.count ?? (await countOf(model, dataset, options));
  const description = {
    ...describeModel(model, dataset, { name: options.name, weights, count }),
    ...(options.tta === true && { views: viewWeights.length }),
  };
  const { name } = description;
  await checkPlace(options.out, { name, metadata: { ...description, evaluation: null } }, format);
  const encode = (set: WeightSet, evaluation: ClassifierMetadata['evaluation']) =>
    encodeClassifier(model.network, model.weights(set), { ...description, evaluation });

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
    {
      network: model.network,
      classes: description.labels.length,
      weights: model.weights(weights),
      averaged: options.tta === true,
    },
    pictures,
  );
  const exported = { bytes: file, metadata: { ...description, evaluation } };
  const { bytes, metadata } =
    precision.kind === 'float32'
      ? exported
      : await reducePrecision(exported, { precision, dataset, onProgress });
  const placed = await placeModel(options.out, { name, bytes, metadata }, format);
  return { ...placed, bytes: bytes.length, digest: modelDigest(bytes), metadata, parity };
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

/** Examples trained on, for a checkpoint without its run. */
async function countOf(
  model: TrainedModel,
  dataset: Dataset | undefined,
  options: ExportOptions,
): Promise<number> {
  const data = dataset ?? (await findTrainedData(dataOf(model), options));
  return data.split(model.checkpoint.trainedOn).count;
}

function dataOf({ checkpoint, run }: TrainedModel): TrainedData {
  const { dataset, frame } = checkpoint;
  return { ...dataset, frame, choices: run?.config.choices };
}

/** Labels are read for the accuracy, and to judge what is less than float32; the comparison takes any pictures. */
function substituteFor({ evaluation = 'if-there', precision }: ExportOptions): Substitute {
  if (evaluation === 'required' || precision?.kind === 'int8') return 'nothing';
  return evaluation === 'none' && precision?.kind !== 'fp16' ? 'absence or other data' : 'absence';
}
