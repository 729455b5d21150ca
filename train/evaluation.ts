import { availableParallelism } from 'node:os';
import type { Dataset, SplitName } from '../data/dataset.js';
import { defaultDataDir, openDataset } from '../data/registry.js';
import { KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import type { Device } from '../runtime/classifier.js';
import type { TimedEvaluation } from '../runtime/evaluation.js';
import { loadClassifier } from '../runtime/node-classifier.js';
import { readModel } from '../runtime/read-model.js';
import type { WeightSet } from './engine.js';
import { evaluateBatches, plainBatches, preparedBatches } from './evaluate.js';
import { ForwardPass } from './forward-pass.js';
import { openTrainedModel } from './trained-model.js';

export interface EvaluateOptions {
  /** A run's name or folder (its newest checkpoint), a checkpoint's path, or an exported ONNX file. */
  readonly source: string;
  /** Default: the one it was trained on. A dataset of one's own is given as it is. */
  readonly dataset?: string | Dataset;
  /** Default: where the run found it, else KILN_DATA_DIR, else kiln's cache folder. */
  readonly dataDir?: string;
  /** Default test. */
  readonly split?: SplitName;
  /** Default ema. An ONNX file holds one set, which is the only one that may be asked for. */
  readonly weights?: WeightSet;
  /** Default auto. */
  readonly device?: Device;
  /** Default: the cores. */
  readonly threads?: number;
  /** The folder of all runs. Default `runs`. */
  readonly runs?: string;
  /** A network that does not ship with kiln. */
  readonly network?: Network;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Evaluated {
  /** `deepcnn at step 3516` or a file's own name. */
  readonly model: string;
  readonly weights: WeightSet;
  readonly dataset: string;
  readonly split: SplitName;
  readonly result: TimedEvaluation;
}

/**
 * Measures what a model answers on a split, each picture once.
 *
 * @throws DATASET_…, RUN_NOT_FOUND, CHECKPOINT_…, MODEL_…, DEVICE_UNAVAILABLE;
 *   DATASET_MISMATCH where labels or pictures are not the model's
 */
export function evaluate(options: EvaluateOptions): Promise<Evaluated> {
  return options.source.endsWith('.onnx') ? evaluateFile(options) : evaluateCheckpoint(options);
}

async function evaluateFile(options: EvaluateOptions): Promise<Evaluated> {
  const bytes = await readModel(options.source);
  const classifier = await loadClassifier(bytes, runtimeOptions(options));
  try {
    const { name, labels, frame, dataset: trainedOn, training } = classifier.metadata;
    if (options.weights !== undefined && options.weights !== training.weights) {
      throw new KilnError('OPTION_INVALID', {
        expected: `weights ${training.weights}, which are those in ${options.source}`,
        received: options.weights,
      });
    }
    const dataset = await open(options, trainedOn.name, undefined);
    requireFit(dataset, labels, frame);
    const split = dataset.split(options.split ?? 'test');
    const result = await evaluateBatches(
      plainBatches(split),
      labels,
      (images, count) => classifier.classify(images, count),
      (done) => options.onProgress?.(done, split.count),
    );
    return { model: name, weights: training.weights, dataset: dataset.name, split: split.name, result };
  } finally {
    await classifier.close();
  }
}

async function evaluateCheckpoint(options: EvaluateOptions): Promise<Evaluated> {
  const { weights = 'ema' } = options;
  const model = await openTrainedModel(options.source, options.runs ?? 'runs', options.network);
  const { checkpoint, network, run } = model;
  const { labels } = checkpoint;
  const dataset = await open(options, checkpoint.dataset.name, run?.config.choices.dataDir);
  requireFit(dataset, labels, undefined);
  const split = dataset.split(options.split ?? 'test');
  const tensors = model.weights(weights);
  const forward = new ForwardPass(network, labels.length, runtimeOptions(options));
  try {
    const result = await evaluateBatches(
      preparedBatches(split, network),
      labels,
      (images, count) => forward.run(tensors, images, count),
      (done) => options.onProgress?.(done, split.count),
    );
    const name = `${network.name} at step ${checkpoint.step}`;
    return { model: name, weights, dataset: dataset.name, split: split.name, result };
  } finally {
    await forward.close();
  }
}

function runtimeOptions({ device = 'auto', threads = availableParallelism() }: EvaluateOptions) {
  return { device, threads };
}

/** The dataset asked for, else the model's own, from the folder asked for, else the run's. */
async function open(
  options: EvaluateOptions,
  trainedOn: string,
  runDataDir: string | undefined,
): Promise<Dataset> {
  const { dataset = trainedOn } = options;
  if (typeof dataset === 'object') return dataset;
  return openDataset({
    name: dataset,
    dataDir: options.dataDir ?? runDataDir ?? defaultDataDir(),
  });
}

function requireFit(
  dataset: Dataset,
  labels: readonly string[],
  frame: { readonly height: number; readonly width: number } | undefined,
): void {
  if (labels.join('\n') !== dataset.labels.join('\n')) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `the model's labels ${labels.join(', ')}`,
      received: `${dataset.name} with ${dataset.labels.join(', ')}`,
    });
  }
  if (frame !== undefined && (frame.height !== dataset.height || frame.width !== dataset.width)) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `pictures of the model's frame, ${frame.width}×${frame.height}`,
      received: `${dataset.name} with ${dataset.width}×${dataset.height}`,
    });
  }
}
