import type { MetricsColumn, MetricsRow } from '../../train/metrics.js';
import { smoothed } from '../../train/report/curves.js';
import { thinned } from '../../train/report/thinned.js';
import type { RunMetrics, RunMetricsRow } from './views.js';

/** Which rows are asked for. */
export interface RowChoice {
  /** Rows of this step and of later ones. */
  readonly from: number;
  /** Rows at most. */
  readonly most: number;
}

/** What each column of metrics.csv is called in an answer. */
const names = {
  step: 'step',
  epoch: 'epoch',
  seconds: 'seconds',
  learning_rate: 'learningRate',
  loss: 'loss',
  cross_entropy: 'crossEntropy',
  examples_per_second: 'examplesPerSecond',
  waited: 'waited',
  validation_ema: 'validationEma',
  validation_raw: 'validationRaw',
  validation_loss_ema: 'validationLossEma',
  validation_loss_raw: 'validationLossRaw',
} as const satisfies Record<MetricsColumn, keyof RunMetricsRow>;

/** The columns whose peaks are kept. */
const drawn = [
  'loss',
  'learning_rate',
  'validation_ema',
  'validation_raw',
] as const satisfies MetricsColumn[];

/** The chosen rows of a metrics.csv. The loss is smoothed over all of them, as report.html does it. */
export function metricsAnswer(rows: readonly MetricsRow[], { from, most }: RowChoice): RunMetrics {
  const chosen = thinned(
    rows.filter(({ step }) => step >= from),
    most,
    drawn,
  );
  const losses = rows.flatMap(({ step, loss }) => (loss === undefined ? [] : [{ step, value: loss }]));
  const smooth = new Map(smoothed(losses).map(({ step, value }) => [step, value]));
  return {
    lastStep: rows.at(-1)?.step ?? null,
    rows: chosen.map((row) => answerRow(row, row.loss === undefined ? undefined : smooth.get(row.step))),
  };
}

function answerRow(row: MetricsRow, smoothedLoss: number | undefined): RunMetricsRow {
  const cells = Object.entries(names).flatMap(([column, name]) => {
    const value = row[column as MetricsColumn]; // a key of the map
    return value === undefined ? [] : [[name, Number.isFinite(value) ? value : null]];
  });
  return { ...Object.fromEntries(cells), ...(smoothedLoss !== undefined && { smoothedLoss }) };
}
