import { availableParallelism } from 'node:os';
import type { DatasetSplit } from '../../data/dataset.js';
import { KilnError } from '../../errors/errors.js';
import type { Classifier } from '../../runtime/classifier.js';
import { EvaluationTally } from '../../runtime/evaluation.js';
import type { ReducedPrecision } from '../../runtime/metadata.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { plainBatches } from '../../train/evaluate.js';
import type { Pictures } from '../parity.js';
import { budgets, type Reduction } from './precision.js';

/** A float32 file, and the smaller one that was made from it. */
export interface Pair {
  readonly source: Uint8Array;
  readonly reduced: Uint8Array;
}

export type Comparison = NonNullable<ReducedPrecision['comparison']>;

/** What two files of one model answer on the same pictures. */
export async function compareOn(split: DatasetSplit, pair: Pair): Promise<Comparison> {
  return withBoth(pair, async (first, second) => {
    const { labels } = first.metadata;
    const [before, after] = [new EvaluationTally(labels), new EvaluationTally(labels)];
    let agreed = 0;
    for (const batch of plainBatches(split)) {
      const count = batch.labels.length;
      const answers = await first.classify(batch.images, count);
      const others = await second.classify(batch.images, count);
      for (const [row, label] of batch.labels.entries()) {
        const taken = before.addRow(rowOf(answers, row, labels.length), label);
        if (taken === after.addRow(rowOf(others, row, labels.length), label)) agreed += 1;
      }
    }
    return {
      split: split.name,
      count: split.count,
      precisionAt1: after.result().precisionAt1,
      sourcePrecisionAt1: before.result().precisionAt1,
      agreement: agreed / split.count,
    };
  });
}

/**
 * @throws KilnError EXPORT_ACCURACY where the reduced file is right on fewer pictures than the budget lets it be
 */
export function requireWithin({ kind, budget = budgets[kind] }: Reduction, comparison: Comparison): void {
  const { split, count, precisionAt1, sourcePrecisionAt1, agreement } = comparison;
  const points = (share: number) => (100 * share).toFixed(2);
  // Counted in pictures, which are whole: 0.05 points of 5,000 are 2.5, and shares of them are not exact.
  const lost = Math.round((sourcePrecisionAt1 - precisionAt1) * count);
  if (lost <= (budget / 100) * count) return;
  throw new KilnError('EXPORT_ACCURACY', {
    message: `The ${kind} file loses more accuracy than it may.`,
    expected: `at most ${budget} points less than the ${points(sourcePrecisionAt1)} % of float32 on ${count} pictures of ${split}`,
    received: `${points(precisionAt1)} %, ${points(sourcePrecisionAt1 - precisionAt1)} points less; ${points(agreement)} % of the pictures are answered alike`,
  });
}

/**
 * Where there are no labelled pictures: every picture must be taken for the same class.
 * @throws KilnError EXPORT_ACCURACY
 */
export async function requireAgreement(
  { kind }: Reduction,
  pair: Pair,
  { images, count }: Pictures,
): Promise<void> {
  await withBoth(pair, async (first, second) => {
    const classes = first.metadata.labels.length;
    const before = classesOf(await first.classify(images, count), classes);
    const after = classesOf(await second.classify(images, count), classes);
    const agreed = before.filter((label, index) => label === after[index]).length;
    if (agreed === count) return;
    throw new KilnError('EXPORT_ACCURACY', {
      message: `The ${kind} file answers otherwise than float32.`,
      expected: `the same class for each of ${count} pictures`,
      received: `the same for ${agreed}`,
    });
  });
}

async function withBoth<Result>(
  { source, reduced }: Pair,
  use: (first: Classifier, second: Classifier) => Promise<Result>,
): Promise<Result> {
  const options = { device: 'cpu', threads: availableParallelism() } as const;
  const first = await loadClassifier(source, options);
  try {
    const second = await loadClassifier(reduced, options);
    try {
      return await use(first, second);
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

function classesOf(probabilities: Float32Array, classes: number): readonly number[] {
  return Array.from({ length: probabilities.length / classes }, (_, index) => {
    const row = rowOf(probabilities, index, classes);
    return row.indexOf(Math.max(...row));
  });
}

function rowOf(probabilities: Float32Array, row: number, classes: number): Float32Array {
  return probabilities.subarray(row * classes, (row + 1) * classes);
}
