import type { SplitName } from '../data/dataset.js';
import { KilnError } from '../errors/errors.js';
import { rankOf, type TimedEvaluation } from '../runtime/evaluation.js';
import {
  type McNemar,
  mcnemar,
  type PairedCounts,
  type PairedDifference,
  pairedDifference,
} from '../runtime/mcnemar.js';
import { CheckpointEvaluator, type EvaluatorOptions, nameOfModel } from './checkpoint-evaluator.js';
import type { WeightSet } from './engine.js';
import { type ModelSource, openTrainedModel } from './trained-model.js';

export interface EmaComparison {
  /** `deepcnn at step 3516` */
  readonly model: string;
  readonly dataset: string;
  readonly split: SplitName;
  readonly results: Readonly<Record<WeightSet, TimedEvaluation>>;
  /** The averaged weights come first. */
  readonly pairs: PairedCounts;
  /** Precision @ 1 that the averages add. */
  readonly gain: PairedDifference;
  readonly test: McNemar;
}

/**
 * What the moving averages of a checkpoint's weights are worth: they and the last step's weights answer the same
 * pictures, each once.
 * @throws as `evaluate`; OPTION_INVALID for an ONNX file, which holds one set
 */
export async function compareEma(options: ModelSource & EvaluatorOptions): Promise<EmaComparison> {
  if (options.source.endsWith('.onnx')) {
    throw new KilnError('OPTION_INVALID', {
      expected: 'a run or a checkpoint, which holds averaged weights and those of the last step',
      received: options.source,
    });
  }
  const model = await openTrainedModel(options);
  const evaluator = await CheckpointEvaluator.open(model, options);
  try {
    const ema = await evaluator.measure(model, 'ema');
    const raw = await evaluator.measure(model, 'raw');
    const { dataset, split } = evaluator;
    const { labels, rows } = split.share();
    const pairs = countPairs(
      ema.logits,
      raw.logits,
      Int32Array.from(rows, (row) => labels[row]!),
    );
    return {
      model: nameOfModel(model),
      dataset,
      split: split.name,
      results: { ema: ema.result, raw: raw.result },
      pairs,
      gain: pairedDifference(pairs),
      test: mcnemar(pairs),
    };
  } finally {
    await evaluator.close();
  }
}

/**
 * @param first float32 [count, classes], as `second`
 * @param labels [count]
 */
function countPairs(first: Float32Array, second: Float32Array, labels: Int32Array): PairedCounts {
  const classes = first.length / labels.length;
  const isRight = (logits: Float32Array, index: number) =>
    rankOf(logits.subarray(index * classes, (index + 1) * classes), labels[index]!) === 0;
  const pairs = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  for (const index of labels.keys()) {
    if (isRight(first, index)) pairs[isRight(second, index) ? 'both' : 'onlyFirst'] += 1;
    else pairs[isRight(second, index) ? 'onlySecond' : 'neither'] += 1;
  }
  return pairs;
}
