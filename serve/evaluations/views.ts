import Type, { type Static } from 'typebox';
import { splitNames } from '../../data/dataset.js';
import { type ErrorCode, errorTable } from '../../errors/errors.js';
import type { TimedEvaluation } from '../../runtime/evaluation.js';
import { errorReport } from '../schemas.js';

/** What the routes tell of an evaluation, and what the database is read back as. */

const share = Type.Number({ minimum: 0, maximum: 1 });
const natural = Type.Integer({ minimum: 0 });
/** Two numbers. `Unsafe` because a tuple's schema is longer than OpenAPI likes it. */
export const interval = (description: string) =>
  Type.Unsafe<readonly [number, number]>(
    Type.Array(Type.Number(), { minItems: 2, maxItems: 2, description }),
  );

const figures = {
  precisionAt1: share,
  count: natural,
  interval: interval('95 % Wilson interval of precisionAt1.'),
  top5: share,
  imagesPerSecond: Type.Number(),
};

const evaluationFigures = Type.Object(figures);

/** `Unsafe` for its read-only members alone, which TypeBox does not infer. */
const evaluationResult = Type.Unsafe<TimedEvaluation>(
  Type.Object({
    ...figures,
    perClass: Type.Array(
      Type.Object({
        label: Type.String(),
        count: natural,
        correct: natural,
        recall: Type.Union([share, Type.Null()]),
        precision: Type.Union([share, Type.Null()]),
      }),
    ),
    confusion: Type.Array(Type.Array(natural), { description: '[label][predicted]' }),
  }),
);

/** What is known of an evaluation when it begins. */
const evaluationFacts = Type.Object({
  id: Type.String({ format: 'uuid' }),
  model: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String() }),
  source: Type.Enum(['dataset', 'archive']),
  dataset: Type.String({ description: 'The dataset’s name, or the archive’s.' }),
  split: Type.Union([Type.Enum([...splitNames]), Type.Null()], { description: 'null for an archive' }),
  dataDigest: Type.String({ description: 'sha256 of the dataset, or of the archive.' }),
  startedAt: Type.String({ format: 'date-time' }),
});
export type EvaluationFacts = Static<typeof evaluationFacts>;

const skippedPicture = Type.Object({ name: Type.String(), reason: Type.String() });
export type SkippedPicture = Static<typeof skippedPicture>;

const evaluationProgress = Type.Object({
  progress: Type.Object({ done: natural, count: natural }),
  skipped: Type.Object(
    { count: natural, examples: Type.Array(skippedPicture, { description: 'The first few.' }) },
    { description: 'Pictures that could not be read; they are not counted.' },
  ),
});

/** Any code: a later kiln may read the database too. */
const failure = errorReport(Object.keys(errorTable) as ErrorCode[]);

export const evaluationStatuses = ['running', 'done', 'failed', 'cancelled', 'interrupted'] as const;

const common = { ...evaluationFacts.properties, ...evaluationProgress.properties };
const ended = { ...common, endedAt: Type.String({ format: 'date-time' }) };

const unfinished = [
  Type.Object({ ...common, status: Type.Literal('running') }),
  Type.Object({ ...ended, status: Type.Literal('failed'), error: failure }),
  Type.Object({ ...ended, status: Type.Literal('cancelled') }),
  Type.Object(
    { ...ended, status: Type.Literal('interrupted') },
    {
      description: 'The service ended before it.',
    },
  ),
] as const;

/** All of an evaluation. */
export const evaluationView = Type.Union([
  ...unfinished,
  Type.Object({ ...ended, status: Type.Literal('done'), result: evaluationResult }),
]);
export type EvaluationView = Static<typeof evaluationView>;

/** An evaluation as it stands in a list. */
export const evaluationSummary = Type.Union([
  ...unfinished,
  Type.Object({ ...ended, status: Type.Literal('done'), result: evaluationFigures }),
]);
export type EvaluationSummary = Static<typeof evaluationSummary>;
