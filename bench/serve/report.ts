import { percent, report } from '../report.js';
import type { BareLimit } from './bare.js';
import type { SectionResults, ServeBenchResult } from './bench.js';
import { type SectionName, sectionNames } from './options.js';
import type { EvaluationBenchResult } from './sections/evaluation.js';
import type { HalfLoadResult } from './sections/half-load.js';
import type { MemoryResult } from './sections/memory.js';
import type { ReadyResult } from './sections/ready.js';
import type { ThroughputResult } from './sections/throughput.js';

/** What was measured, how much, and beside what. */
type Line = readonly [what: string, measured: string, beside: string];

const formats: { readonly [S in SectionName]: (result: SectionResults[S]) => readonly Line[] } = {
  ready: ({ milliseconds }: ReadyResult) => [['from start to ready', `${milliseconds.toFixed(0)} ms`, '']],
  png: throughput('POST /classify, one PNG'),
  multipart: throughput('POST /classify, one PNG in a form'),
  v2: throughput('POST /v2/models/…/infer, 32 frames in binary'),
  evaluation,
  'half-load': halfLoad,
  memory,
  reloads: memory,
};

/** The benchmark as a table. */
export function formatServeBench(result: ServeBenchResult): string {
  return report(
    result,
    sectionNames.flatMap((name) => linesOf(name, result.sections)),
  );
}

function linesOf<S extends SectionName>(name: S, results: Partial<SectionResults>): readonly Line[] {
  const result: SectionResults[S] | undefined = results[name];
  const format: (section: SectionResults[S]) => readonly Line[] = formats[name];
  return result === undefined ? [] : format(result);
}

function throughput(title: string) {
  return ({ bare, pictures, loads }: ThroughputResult): readonly Line[] =>
    loads.map(({ connections, imagesPerSecond, shareOfBare, latency }) => [
      `${title}, ${connections} at once`,
      `${rate(imagesPerSecond)}${pictures > 1 ? ' (images)' : ''}, p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}`,
      `${percent(shareOfBare)} of ${limit(bare)}`,
    ]);
}

function evaluation(result: EvaluationBenchResult): readonly Line[] {
  const { bare, dataset, count, imagesPerSecond, shareOfBare, wholeSeconds } = result;
  return [
    [
      `POST /evaluations, ${count.toLocaleString('en-US')} pictures of ${dataset}`,
      `${rate(imagesPerSecond)}, ${wholeSeconds.toFixed(2)} s until the result`,
      `${percent(shareOfBare)} of ${limit(bare)}`,
    ],
  ];
}

function halfLoad({ capacity, offered, latency }: HalfLoadResult): readonly Line[] {
  return [
    [
      `one PNG, ${rate(offered)} in an open loop`,
      `p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, p99.9 ${ms(latency.p999)}`,
      `half of ${rate(capacity)}`,
    ],
  ];
}

function memory({ of, early, late, growth }: MemoryResult): readonly Line[] {
  const megabytes = (mebibytes: number) => `${mebibytes.toFixed(0)} MiB`;
  return [
    [
      `memory after ${late.after.toLocaleString('en-US')} ${of}`,
      `${megabytes(late.mebibytes)} (${growth < 0 ? '−' : '+'}${percent(Math.abs(growth))})`,
      `${megabytes(early.mebibytes)} after ${early.after.toLocaleString('en-US')}`,
    ],
  ];
}

function limit({ imagesPerSecond, sessions, threads, batch }: BareLimit): string {
  return `${rate(imagesPerSecond)} bare (${sessions} × ${threads} threads, batch ${batch})`;
}

function rate(perSecond: number): string {
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
