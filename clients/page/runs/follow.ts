import { ClassifierError, type Problem } from '../../browser/problem.js';
import type { RunMetrics, RunMetricsRow, Runs, RunView } from './runs.js';

/** A run as it stands; or why it cannot be told now, after it once could. */
export type Followed =
  | { readonly kind: 'current'; readonly run: RunView; readonly rows: readonly RunMetricsRow[] }
  | { readonly kind: 'stale'; readonly problem: Problem };

/** From one look to the next, in ms. A run that has ended may be resumed. */
const pauses = { running: 2000, ended: 10_000, stale: 5000 } as const;

/** With more rows than this all are asked for anew: the service leaves out what a curve does not need. */
const mostRows = 4000;

/**
 * A run again and again until the signal aborts, which ends it quietly. Nothing is asked while nobody sees the page.
 *
 * @throws PageError where the first look fails
 */
export async function* followRun(runs: Runs, name: string, signal: AbortSignal): AsyncGenerator<Followed> {
  let rows: readonly RunMetricsRow[] = [];
  let shown = false;
  while (!signal.aborted) {
    let pause: number;
    try {
      const from = rows.length > mostRows ? 0 : (rows.at(-1)?.step ?? 0);
      const [run, metrics] = await Promise.all([runs.get(name, signal), runs.metrics(name, from, signal)]);
      const merged = mergeRows(rows, metrics, from);
      rows = merged ?? (await runs.metrics(name, 0, signal)).rows;
      yield { kind: 'current', run, rows };
      shown = true;
      pause = run.state === 'running' ? pauses.running : pauses.ended;
    } catch (error) {
      if (signal.aborted) return;
      if (!shown || !(error instanceof ClassifierError)) throw error;
      yield { kind: 'stale', problem: error.problem };
      pause = pauses.stale;
    }
    await wait(pause, signal);
  }
}

/**
 * The rows that are known with those that came since; undefined where the run was resumed from an earlier step, so that
 * all have to be asked for.
 *
 * @param answer to what was asked from the step `from` on
 */
export function mergeRows(
  known: readonly RunMetricsRow[],
  answer: RunMetrics,
  from: number,
): readonly RunMetricsRow[] | undefined {
  const last = known.at(-1)?.step;
  if (last !== undefined && (answer.lastStep ?? -1) < last) return undefined;
  return [...known.filter(({ step }) => step < from), ...answer.rows];
}

/** Until the time is up and the page can be seen, or the signal aborts. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
  while (document.hidden && !signal.aborted) {
    await new Promise<void>((resolve) => {
      document.addEventListener('visibilitychange', () => resolve(), { once: true, signal });
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
