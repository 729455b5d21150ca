import { count, number } from '../../../train/report/format.js';
import type { LineChart, Point, Series } from '../../../train/report/line-chart.js';
import { percent } from '../formats.js';
import type { RunMetricsRow } from './runs.js';

/** The rows of a run, and of the one beside it that it is compared with. */
export interface Compared {
  readonly name: string;
  readonly rows: readonly RunMetricsRow[];
  readonly other?: { readonly name: string; readonly rows: readonly RunMetricsRow[] } | undefined;
}

type Column = Exclude<keyof RunMetricsRow, 'step'>;

export function lossChart(compared: Compared, scale: 'log' | 'linear'): LineChart {
  const { rows, other } = compared;
  const smooth = pointsOf(rows, 'smoothedLoss');
  const validation = pointsOf(rows, 'validationLossEma');
  return {
    title: 'Loss',
    unit: scale === 'log' ? 'nats (logarithmic)' : 'nats',
    summary: sentence(
      { 'Smoothed training loss': smooth.at(-1), 'on validation': validation.at(-1) },
      number,
    ),
    scale,
    series: [
      { label: 'unsmoothed', look: 'faint', points: pointsOf(rows, 'loss') },
      { label: 'smoothed', look: 'main', points: smooth },
      { label: 'validation (EMA)', look: 'second', points: validation, dotted: true },
      ...besides(other, 'smoothedLoss', 'smoothed'),
    ],
    format: number,
  };
}

export function precisionChart({ rows, other }: Compared): LineChart {
  const ema = pointsOf(rows, 'validationEma');
  const best = ema.reduce<Point | undefined>(
    (a, b) => (a !== undefined && a.value > b.value ? a : b),
    undefined,
  );
  return {
    title: 'Precision @ 1 on validation',
    unit: 'share that is right',
    summary: sentence({ 'Last of the averaged weights': ema.at(-1), best }, percent),
    scale: 'linear',
    series: [
      { label: 'averaged weights (EMA)', look: 'main', points: ema, dotted: true },
      { label: 'raw weights', look: 'second', points: pointsOf(rows, 'validationRaw'), dotted: true },
      ...besides(other, 'validationEma', 'averaged weights').map((one) => ({
        ...one,
        dotted: true as const,
      })),
    ],
    format: percent,
  };
}

export function rateChart({ rows, other }: Compared): LineChart {
  const rates = pointsOf(rows, 'learningRate');
  return {
    title: 'Learning rate',
    summary: sentence({ Last: rates.at(-1) }, number),
    scale: 'linear from zero',
    series: [
      { label: 'learning rate', look: 'main', points: rates },
      ...besides(other, 'learningRate', 'learning rate'),
    ],
    format: number,
  };
}

export function speedChart({ rows, other }: Compared): LineChart {
  const speed = pointsOf(rows, 'examplesPerSecond');
  return {
    title: 'Speed',
    unit: 'pictures a second',
    summary: sentence({ Last: speed.at(-1) }, number),
    scale: 'linear from zero',
    series: [
      { label: 'pictures a second', look: 'main', points: speed },
      ...besides(other, 'examplesPerSecond', 'pictures a second'),
    ],
    format: number,
  };
}

/** The same curve of the other run. */
function besides(other: Compared['other'], column: Column, label: string): readonly Series[] {
  if (other === undefined) return [];
  return [{ label: `${other.name}: ${label}`, look: 'other', points: pointsOf(other.rows, column) }];
}

function pointsOf(rows: readonly RunMetricsRow[], column: Column): readonly Point[] {
  return rows.flatMap((row) => {
    const value = row[column];
    return value === undefined || value === null ? [] : [{ step: row.step, value }];
  });
}

/** "Last 0.82 at step 1,200, best 0.84 at step 900" */
function sentence(
  parts: Readonly<Record<string, Point | undefined>>,
  format: (value: number) => string,
): string {
  return Object.entries(parts)
    .flatMap(([name, point]) =>
      point === undefined ? [] : [`${name} ${format(point.value)} at step ${count(point.step)}`],
    )
    .join(', ');
}
