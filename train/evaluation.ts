import { availableParallelism } from 'node:os';
import type { SplitName } from '../data/dataset.js';
import { KilnError } from '../errors/errors.js';
import type { TimedEvaluation } from '../runtime/evaluation.js';
import { loadClassifier } from '../runtime/node-classifier.js';
import { readModel } from '../runtime/read-model.js';
import { CheckpointEvaluator, type EvaluatorOptions, nameOfModel } from './checkpoint-evaluator.js';
import type { WeightSet } from './engine.js';
import { evaluateBatches, plainBatches } from './evaluate.js';
import { openEvaluationData } from './evaluation-data.js';
import { type ModelSource, openTrainedModel } from './trained-model.js';

/** `source` may be an exported ONNX file as well. */
export interface EvaluateOptions extends ModelSource, EvaluatorOptions {
  /** Default ema. An ONNX file holds one set, which is the only one that may be asked for. */
  readonly weights?: WeightSet;
}

/** What an evaluation came to. */
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
  const { source, device = 'auto', threads = availableParallelism() } = options;
  if (options.checkpoint !== undefined) {
    throw new KilnError('OPTION_INVALID', {
      expected: `a run to choose a checkpoint of; ${source} is a file`,
      received: `checkpoint ${options.checkpoint}`,
    });
  }
  const classifier = await loadClassifier(await readModel(source), { device, threads });
  try {
    const { name, labels, frame, dataset: trainedOn, training } = classifier.metadata;
    if (options.weights !== undefined && options.weights !== training.weights) {
      throw new KilnError('OPTION_INVALID', {
        expected: `weights ${training.weights}, which are those in ${source}`,
        received: options.weights,
      });
    }
    const madeFor = { dataset: trainedOn.name, dataDir: undefined, labels, frame };
    const dataset = await openEvaluationData(options, madeFor);
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
  const model = await openTrainedModel(options);
  const evaluator = await CheckpointEvaluator.open(model, options);
  try {
    const { result } = await evaluator.measure(model, weights);
    const { dataset, split } = evaluator;
    return { model: nameOfModel(model), weights, dataset, split: split.name, result };
  } finally {
    await evaluator.close();
  }
}
