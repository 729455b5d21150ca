import Table from 'cli-table3';
import { formatMachine, type Machine } from './machine.js';
import type { SummariesBenchResult } from './summaries.js';
import type { TrainBenchResult } from './train.js';

export function formatTrainBench(result: TrainBenchResult): string {
  return report(result, [
    [
      `${result.network}, batch ${result.batch}, ${result.optimizer}`,
      `${result.stepMilliseconds.toFixed(1)} ms a step`,
    ],
    ['images a second', result.imagesPerSecond.toFixed(0)],
    ['of ordinary convolutions', `${result.gigaflops.toFixed(0)} GFLOP/s`],
    ['limit: MatMul peak', `${result.matMulPeakGigaflops.toFixed(0)} GFLOP/s`],
    ['share of the limit', percent(result.shareOfPeak)],
  ]);
}

export function formatSummariesBench(result: SummariesBenchResult): string {
  return report(result, [
    [`${result.network}, batch ${result.batch}`, `${result.stepMilliseconds.toFixed(1)} ms a step`],
    ['inspecting a step', `${result.inspectMilliseconds.toFixed(1)} ms`],
    ['its histograms and pictures', `${result.summaryMilliseconds.toFixed(1)} ms`],
    ['scalars of a log line', `${result.scalarsMilliseconds.toFixed(2)} ms`],
    ['share of the time of 100 steps', percent(result.shareOfTraining)],
  ]);
}

/** A table of rows under what they were measured on and how. */
export function report(
  result: { readonly machine: Machine; readonly method: string },
  rows: readonly (readonly string[])[],
): string {
  const table = new Table();
  table.push(...rows.map((row) => [...row]));
  return [`Machine: ${formatMachine(result.machine)}`, `Method: ${result.method}`, table.toString()].join(
    '\n',
  );
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
