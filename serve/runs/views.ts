import Type, { type Static } from 'typebox';
import { weightSets } from '../../train/engine.js';
import type { RunState } from '../../train/runs.js';

/** What the routes tell of a training run. */

const natural = Type.Integer({ minimum: 0 });
const share = Type.Number({ minimum: 0, maximum: 1 });
const measured = Type.Union([Type.Number(), Type.Null()]);

const runStates = [
  'running',
  'finished',
  'out of time',
  'stopped early',
  'interrupted',
] as const satisfies readonly RunState[];

const validation = Type.Object(
  {
    step: natural,
    ema: Type.Unsafe<number>({ ...share, description: 'Of the averaged weights.' }),
    raw: Type.Union([share, Type.Null()], { description: 'Of those of the step itself.' }),
  },
  { description: 'Precision @ 1 on the validation split.' },
);
export type Validation = Static<typeof validation>;

export const runSummary = Type.Object({
  name: Type.String(),
  network: Type.String(),
  dataset: Type.String(),
  recipe: Type.String(),
  state: Type.Enum([...runStates]),
  step: Type.Integer({
    minimum: 0,
    description: 'Steps done: of a run that goes on, as of its last log line.',
  }),
  totalSteps: natural,
  seconds: Type.Number({ minimum: 0, description: 'Spent training, pauses left out.' }),
  loss: Type.Union([Type.Number(), Type.Null()], {
    description:
      'Of the last step that was logged, weight decay included; null where none was, or it is not finite.',
  }),
  lastValidation: Type.Union([validation, Type.Null()]),
  bestValidation: Type.Union([validation, Type.Null()], {
    description: 'The one where the averaged weights did best.',
  }),
  startedAt: Type.String({ description: 'ISO 8601.' }),
});
export type RunSummary = Static<typeof runSummary>;

const checkpoint = Type.Object({
  step: natural,
  bytes: natural,
  savedAt: Type.String({ format: 'date-time' }),
  validation: Type.Union([Type.Object({ ema: share, raw: share }), Type.Null()], {
    description: 'Precision @ 1 on validation, where it was measured at this step.',
  }),
});
export type CheckpointView = Static<typeof checkpoint>;

export const runView = Type.Object({
  ...runSummary.properties,
  configuration: Type.Object({
    epochs: Type.Union([Type.Number(), Type.Null()], { description: 'null where steps were asked for.' }),
    batch: natural,
    seed: natural,
    trainOn: Type.Enum(['train', 'train+validation']),
    examples: Type.Integer({ minimum: 0, description: 'Pictures that are trained on.' }),
    labels: Type.Array(Type.String()),
    averaged: Type.Boolean({ description: 'Whether the weights are averaged.' }),
    kiln: Type.String({ description: 'The version that began the run.' }),
  }),
  checkpoints: Type.Array(checkpoint, { description: 'The newest first.' }),
  bestStep: Type.Union([natural, Type.Null()], {
    description: 'Of the checkpoint that did best on validation; null where none was measured.',
  }),
});
export type RunView = Static<typeof runView>;

/** A row of metrics.csv; what was not measured at its step is missing, what is not finite is null. */
const metricsRow = Type.Object({
  step: natural,
  seconds: Type.Number({ minimum: 0 }),
  epoch: Type.Optional(measured),
  learningRate: Type.Optional(measured),
  loss: Type.Optional(measured),
  smoothedLoss: Type.Optional(
    Type.Union([Type.Number(), Type.Null()], { description: 'Running average of all rows, memory 0.9.' }),
  ),
  crossEntropy: Type.Optional(measured),
  examplesPerSecond: Type.Optional(measured),
  waited: Type.Optional(measured),
  validationEma: Type.Optional(measured),
  validationRaw: Type.Optional(measured),
  validationLossEma: Type.Optional(measured),
  validationLossRaw: Type.Optional(measured),
});
export type RunMetricsRow = Static<typeof metricsRow>;

export const runMetrics = Type.Object({
  lastStep: Type.Union([natural, Type.Null()], {
    description: 'Of the last row there is. It falls when a run is resumed from an earlier checkpoint.',
  }),
  rows: Type.Array(metricsRow, { description: 'In the order of the steps.' }),
});
export type RunMetrics = Static<typeof runMetrics>;

export const exportOrder = Type.Object(
  {
    checkpoint: Type.Union([Type.Enum(['last', 'best']), natural], {
      default: 'last',
      description: 'The newest, the one that did best on validation, or that of a step.',
    }),
    weights: Type.Enum([...weightSets], {
      default: 'ema',
      description: 'The averaged ones, or those of the step itself.',
    }),
    evaluate: Type.Boolean({
      default: false,
      description: 'Whether the file is to say how it does on the test split, where the data is at hand.',
    }),
  },
  { additionalProperties: false },
);
export type ExportOrder = Static<typeof exportOrder>;
