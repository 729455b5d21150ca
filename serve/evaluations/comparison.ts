import Type, { type Static } from 'typebox';
import { KilnError } from '../../errors/errors.js';
import type { TimedEvaluation } from '../../runtime/evaluation.js';
import { mcnemar, type PairedCounts, pairedDifference } from '../../runtime/mcnemar.js';
import { type Share, unpairedDifference } from '../../runtime/unpaired-difference.js';
import type { EvaluationRecords } from './records.js';
import { type EvaluationView, evaluationSummary, interval } from './views.js';

const signed = Type.Number({ minimum: -1, maximum: 1 });
const natural = Type.Integer({ minimum: 0 });

const differences = {
  id: Type.String({ format: 'uuid' }),
  difference: Type.Unsafe<number>({ ...signed, description: 'precisionAt1 less the first evaluation’s.' }),
  interval: interval('95 % interval of the difference.'),
  perClass: Type.Array(
    Type.Object({
      label: Type.String(),
      difference: Type.Union([signed, Type.Null()], { description: 'Of recall; null without pictures.' }),
      interval: Type.Union([interval('95 %'), Type.Null()]),
    }),
  ),
};

export const comparison = Type.Object({
  evaluations: Type.Array(evaluationSummary, {
    description: 'The first is what the others are held against.',
  }),
  comparisons: Type.Array(
    Type.Union([
      Type.Object(
        {
          kind: Type.Literal('paired'),
          ...differences,
          pictures: Type.Object({ both: natural, onlyThis: natural, onlyFirst: natural, neither: natural }),
          test: Type.Object({ method: Type.String(), pValue: Type.Number() }),
        },
        { description: 'Both saw the same pictures: who was right on each, and McNemar’s test.' },
      ),
      Type.Object(
        { kind: Type.Literal('unpaired'), ...differences },
        { description: 'The data has changed in between.' },
      ),
    ]),
  ),
});
export type Comparison = Static<typeof comparison>;

type Compared = Comparison['comparisons'][number];
type Done = Extract<EvaluationView, { status: 'done' }>;

/**
 * Holds evaluations against the first of them.
 *
 * @param ids at least two
 * @throws KilnError EVALUATION_NOT_FOUND; EVALUATION_MISMATCH where one is not done, or is of other data, another split,
 *   another number of pictures or other labels
 */
export function compare(records: EvaluationRecords, ids: readonly string[]): Comparison {
  const views = ids.map((id) => doneView(records, id));
  const [first, ...others] = views as [Done, ...Done[]]; // the route asks for two
  for (const other of others) assertComparable(first, other);
  return {
    evaluations: views.map(({ result: { perClass, confusion, ...figures }, ...view }) => ({
      ...view,
      result: figures,
    })),
    comparisons: others.map((other) => compareTwo(records, first, other)),
  };
}

function doneView(records: EvaluationRecords, id: string): Done {
  const view = records.get(id);
  if (view.status === 'done') return view;
  throw mismatch('evaluations that are done', `${id}, which is ${view.status}`);
}

function assertComparable(first: Done, other: Done): void {
  const sameLabels = labelsOf(first.result).join('\n') === labelsOf(other.result).join('\n');
  if (describe(first) !== describe(other)) throw mismatch(describe(first), describe(other));
  if (!sameLabels) throw mismatch(labelsOf(first.result).join(', '), labelsOf(other.result).join(', '));
}

/** An archive is known by its bytes, whatever it is called. */
function describe({ source, dataset, split, dataDigest, result }: Done): string {
  const data = source === 'archive' ? `the archive ${dataDigest.slice(0, 12)}` : `${dataset} ${split}`;
  return `${result.count} pictures of ${data}`;
}

function labelsOf({ perClass }: TimedEvaluation): string[] {
  return perClass.map(({ label }) => label);
}

function compareTwo(records: EvaluationRecords, first: Done, other: Done): Compared {
  const [ofFirst, ofOther] = [records.answers(first.id), records.answers(other.id)];
  const same = first.dataDigest === other.dataDigest && first.progress.count === other.progress.count;
  if (!same || ofFirst === undefined || ofOther === undefined) return unpaired(first, other);
  const labels = labelsOf(first.result);
  const { all, perClass } = ofOther.pairedWith(ofFirst, labels.length);
  return {
    kind: 'paired',
    id: other.id,
    ...pairedDifference(all),
    pictures: {
      both: all.both,
      onlyThis: all.onlyFirst,
      onlyFirst: all.onlySecond,
      neither: all.neither,
    },
    test: mcnemar(all),
    perClass: perClass.map((counts, index) => ({ label: labels[index]!, ...ofClass(counts) })),
  };
}

function ofClass(counts: PairedCounts) {
  const { both, onlyFirst, onlySecond, neither } = counts;
  if (both + onlyFirst + onlySecond + neither === 0) return { difference: null, interval: null };
  return pairedDifference(counts);
}

function unpaired(first: Done, other: Done): Compared {
  return {
    kind: 'unpaired',
    id: other.id,
    ...unpairedDifference(shareOf(other.result), shareOf(first.result)),
    perClass: other.result.perClass.map((row, index) => {
      const before = first.result.perClass[index]!;
      const empty = row.count === 0 || before.count === 0;
      const found = empty ? { difference: null, interval: null } : unpairedDifference(row, before);
      return { label: row.label, ...found };
    }),
  };
}

function shareOf({ perClass, count }: TimedEvaluation): Share {
  return { correct: perClass.reduce((sum, { correct }) => sum + correct, 0), count };
}

function mismatch(expected: string, received: string): KilnError {
  return new KilnError('EVALUATION_MISMATCH', { expected, received });
}
