import type { RowResult } from '../../runtime/worker-pool.js';
import type { BatchObserver, BatchRun, TurnedAway } from '../batch-observer.js';
import { durationBounds, Histogram, rowBounds } from '../metrics/histogram.js';
import type { PictureOutcome } from '../pictures.js';

/** How often something happened, and how long it took altogether. */
export interface Duration {
  readonly count: number;
  /** Whole nanoseconds. */
  readonly ns: number;
}

/** What the steps of a run took. */
export interface ComputeStatistics {
  /** Decoding in the inference thread. */
  readonly computeInput: Duration;
  /** The session's run. */
  readonly computeInfer: Duration;
  /** The rest of the run as the batcher saw it: the way to the thread and back. */
  readonly computeOutput: Duration;
}

/** The running totals of one model version since it was loaded. */
export interface ModelStatisticsSnapshot {
  /** Runs for requests; by size in `sizes`. */
  readonly requests: RunTotals;
  /** Runs for evaluations. */
  readonly background: RunTotals;
  /** Requests that never ran, by reason. */
  readonly turnedAway: Readonly<Record<TurnedAway, number>>;
  /** Runs that failed as a whole. */
  readonly failedRuns: number;
  /** What requests met, in the terms of the Open Inference Protocol's extension `statistics`. */
  readonly inference: InferenceStatistics;
}

export interface RunTotals {
  readonly batches: number;
  readonly rows: number;
}

export interface InferenceStatistics extends ComputeStatistics {
  /** ms since the epoch of the last run; 0 before the first. */
  readonly lastInference: number;
  /** Rows that came to probabilities. */
  readonly inferenceCount: number;
  /** Runs that gave probabilities. */
  readonly executionCount: number;
  /** Requests all of whose rows came to probabilities, from admission to the end of their run. */
  readonly success: Duration;
  /** Other requests; those turned away took no time. */
  readonly fail: Duration;
  /** From admission until the run began. */
  readonly queue: Duration;
  /** Ascending by size; here each run counts once, above each request of a run does. */
  readonly batches: readonly BatchSizeStatistics[];
}

export interface BatchSizeStatistics extends ComputeStatistics {
  readonly size: number;
}

/**
 * What happened to one model version: the one place that /statistics, /metrics and the protocol's statistics read.
 * A request that is divided among several runs counts in each of them.
 */
export class ModelStatistics implements BatchObserver {
  /** Seconds from admission until the run began, one observation a request. */
  readonly queueSeconds = new Histogram(durationBounds);
  /** Seconds from a picture's file to its frame, wherever that happened. Tensors are not decoded. */
  readonly decodeSeconds = new Histogram(durationBounds);
  /** Seconds of the session's run, one observation a run. */
  readonly inferenceSeconds = new Histogram(durationBounds);
  /** Rows of a run. */
  readonly batchRows = new Histogram(rowBounds);

  readonly #requests = { batches: 0, rows: 0 };
  readonly #background = { batches: 0, rows: 0 };
  readonly #turnedAway: Record<TurnedAway, number> = { full: 0, expired: 0, abandoned: 0 };
  readonly #sizes = new Map<number, ComputeTotals>();
  readonly #compute = new ComputeTotals();
  readonly #success = new Total();
  readonly #fail = new Total();
  readonly #queue = new Total();
  #failedRuns = 0;
  #inferenceCount = 0;
  #executionCount = 0;
  #lastInference = 0;

  ran(run: BatchRun): void {
    const cost = costOf(run);
    if (run.kind === 'background') {
      add(this.#background, run.rows);
      return;
    }
    add(this.#requests, run.rows);
    this.#lastInference = Date.now();
    this.#inferenceCount += cost.rows;
    if (cost.rows > 0) this.#executionCount += 1;
    this.batchRows.observe(run.rows);
    if (cost.rows > 0) this.inferenceSeconds.observe(cost.inferMs / 1000);
    this.#totalsOf(run.rows).add(cost);
    let first = 0;
    for (const { rows, waitedMs } of run.waits) {
      this.queueSeconds.observe(waitedMs / 1000);
      this.#queue.add(waitedMs);
      this.#compute.add(cost);
      const outcome = succeeded(run.results, first, rows) ? this.#success : this.#fail;
      outcome.add(waitedMs + run.durationMs);
      first += rows;
    }
  }

  /** What became of a request's pictures. */
  decoded(outcomes: readonly PictureOutcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'probabilities') this.decodeSeconds.observe(outcome.timing.decodeMs / 1000);
    }
  }

  turnedAway(reason: TurnedAway, _rows: number): void {
    this.#turnedAway[reason] += 1;
    this.#fail.add(0);
  }

  failed(_error: unknown): void {
    this.#failedRuns += 1;
  }

  snapshot(): ModelStatisticsSnapshot {
    return {
      requests: { ...this.#requests },
      background: { ...this.#background },
      turnedAway: { ...this.#turnedAway },
      failedRuns: this.#failedRuns,
      inference: {
        lastInference: this.#lastInference,
        inferenceCount: this.#inferenceCount,
        executionCount: this.#executionCount,
        success: this.#success.snapshot(),
        fail: this.#fail.snapshot(),
        queue: this.#queue.snapshot(),
        ...this.#compute.snapshot(),
        batches: Array.from(this.#sizes, ([size, totals]) => ({ size, ...totals.snapshot() })).sort(
          (one, other) => one.size - other.size,
        ),
      },
    };
  }

  #totalsOf(size: number): ComputeTotals {
    let totals = this.#sizes.get(size);
    if (totals === undefined) {
      totals = new ComputeTotals();
      this.#sizes.set(size, totals);
    }
    return totals;
  }
}

/** What one run cost, and how many of its rows came to probabilities. */
interface RunCost {
  readonly rows: number;
  readonly decodeMs: number;
  readonly inferMs: number;
  readonly otherMs: number;
}

class Total {
  #count = 0;
  #ms = 0;

  add(ms: number): void {
    this.#count += 1;
    this.#ms += ms;
  }

  snapshot(): Duration {
    return { count: this.#count, ns: Math.round(this.#ms * 1e6) };
  }
}

class ComputeTotals {
  readonly #input = new Total();
  readonly #infer = new Total();
  readonly #output = new Total();

  add(cost: RunCost): void {
    this.#input.add(cost.decodeMs);
    this.#infer.add(cost.inferMs);
    this.#output.add(cost.otherMs);
  }

  snapshot(): ComputeStatistics {
    return {
      computeInput: this.#input.snapshot(),
      computeInfer: this.#infer.snapshot(),
      computeOutput: this.#output.snapshot(),
    };
  }
}

function costOf({ results, durationMs }: BatchRun): RunCost {
  let rows = 0;
  let decodeMs = 0;
  let inferMs = 0;
  for (const result of results) {
    if (result.kind !== 'probabilities') continue;
    rows += 1;
    decodeMs += result.decodeMs;
    inferMs = result.inferenceMs;
  }
  return { rows, decodeMs, inferMs, otherMs: Math.max(0, durationMs - decodeMs - inferMs) };
}

function succeeded(results: readonly RowResult[], first: number, rows: number): boolean {
  for (let row = first; row < first + rows; row += 1) {
    if (results[row]?.kind !== 'probabilities') return false;
  }
  return true;
}

function add(totals: { batches: number; rows: number }, rows: number): void {
  totals.batches += 1;
  totals.rows += rows;
}
