import { performance } from 'node:perf_hooks';
import { type ErrorReport, KilnError } from '../errors/errors.js';
import type { Row, RowResult } from '../runtime/worker-pool.js';
import type { BatchObserver, BatchRun } from './batch-observer.js';
import type { BatchingSettings } from './batching-settings.js';
import { Seat, type SeatOwner } from './seat.js';
import { Traffic } from './traffic.js';

/** Where batches run: a model on the worker pool, narrowed to what batching needs. */
export interface BatchRunner {
  readonly workers: number;
  /** How many workers could take a batch now. */
  readonly idle: number;
  /** Calls back whenever a worker is idle that was not. */
  onIdle(listener: () => void): void;
  /** Runs one batch on one idle worker; one result a row, in order. */
  run(rows: readonly Row[]): Promise<readonly RowResult[]>;
}

/** Rows from which a batch is worth dividing among idle workers: below, a run costs more than it shares. */
const worthDividing = 8;

interface Slice {
  readonly seat: Seat;
  readonly first: number;
  readonly count: number;
}

interface Batch {
  readonly kind: 'requests';
  readonly rows: Row[];
  readonly slices: Slice[];
}

interface BackgroundBatch {
  readonly rows: readonly Row[];
  readonly resolve: (results: readonly RowResult[]) => void;
}

/**
 * Dynamic batching of one model's rows. Requests run in the order of arrival; one that fits a batch is never divided.
 * Batches are cut at the end of an event loop turn, so requests that arrive together run together. Background batches
 * run when `Traffic` lets them: a request waits for one of them at most.
 */
export class Batcher implements SeatOwner {
  readonly settings: BatchingSettings;
  readonly #runner: BatchRunner;
  readonly #observer: BatchObserver;
  readonly #traffic: Traffic;
  /** Admitted and not yet running, the oldest first. */
  readonly #waiting = new Set<Seat>();
  readonly #queue: Seat[] = [];
  readonly #background = new Set<BackgroundBatch>();
  /** Alarms of the requests that have a deadline of their own. */
  readonly #deadlines = new Map<Seat, NodeJS.Timeout>();
  readonly #drained: (() => void)[] = [];
  #waitingRows = 0;
  /** Rows of `#queue`. */
  #queuedRows = 0;
  #running = 0;
  #runningBackground = 0;
  /** Whether the last batch was more than a request alone: then others are likely to follow. */
  #crowded = false;
  #turn: NodeJS.Immediate | undefined;
  #delay: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  /** @param traffic shared by all batchers of a pool */
  constructor(
    runner: BatchRunner,
    settings: BatchingSettings,
    observer: BatchObserver,
    traffic: Traffic = new Traffic(),
  ) {
    this.#runner = runner;
    this.settings = settings;
    this.#observer = observer;
    this.#traffic = traffic;
    runner.onIdle(() => this.#pump()); // before the answers of what ran are written
  }

  /** Rows admitted that have not begun to run, decoding included. */
  get waitingRows(): number {
    return this.#waitingRows;
  }

  /** Batches under way. */
  get runningBatches(): number {
    return this.#running;
  }

  /** @throws KilnError NOT_READY where every worker is lost */
  assertReady(): void {
    if (this.#runner.workers > 0) return;
    throw new KilnError('NOT_READY', { expected: 'a worker', received: 'none that could be started again' });
  }

  /**
   * A place for `rows` rows.
   *
   * @param deadlineMs how long this request may wait until it runs; never longer than the settings allow
   * @throws KilnError QUEUE_FULL, NOT_READY
   */
  admit(rows: number, deadlineMs = this.settings.deadlineMs): Seat {
    const { queueRows } = this.settings;
    this.assertReady();
    if (this.#waitingRows + rows > queueRows) {
      this.#observer.turnedAway('full', rows);
      throw new KilnError('QUEUE_FULL', {
        expected: `at most ${queueRows} pictures waiting`,
        received: `${rows} more than the ${this.#waitingRows} that wait`,
      });
    }
    const seat = new Seat(this, rows);
    this.#waiting.add(seat);
    this.#waitingRows += rows;
    this.#traffic.requested();
    this.#deadline ??= setTimeout(() => this.#expire(), this.settings.deadlineMs);
    if (deadlineMs < this.settings.deadlineMs) {
      this.#deadlines.set(
        seat,
        setTimeout(() => this.#turnAway(seat, deadlineMs), deadlineMs),
      );
    }
    return seat;
  }

  /**
   * Runs a batch when it delays nobody.
   *
   * @param rows at most `settings.maxBatch`
   * @throws the signal's reason when it aborts before the batch began
   */
  background(rows: readonly Row[], signal: AbortSignal): Promise<readonly RowResult[]> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const cancel = (): void => {
        this.#background.delete(batch);
        reject(signal.reason);
        this.#settled();
      };
      const batch: BackgroundBatch = {
        rows,
        resolve: (results) => {
          signal.removeEventListener('abort', cancel);
          resolve(results);
        },
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.#background.add(batch);
      this.#schedule();
    });
  }

  /** How many background batches to offer at once so that no worker waits for the next. */
  get backgroundLanes(): number {
    return this.#runner.workers + 1;
  }

  /** Resolves when nothing waits and nothing runs. */
  async drained(): Promise<void> {
    while (this.#waiting.size > 0 || this.#background.size > 0 || this.#running > 0) {
      await new Promise<void>((resolve) => this.#drained.push(resolve));
    }
  }

  ready(seat: Seat): void {
    this.#queue.push(seat);
    this.#countQueue();
    this.#schedule();
  }

  vacated(seat: Seat, rows: number): void {
    this.#waitingRows -= rows;
    if (seat.waiting > 0) return;
    this.#waiting.delete(seat);
    clearTimeout(this.#deadlines.get(seat));
    this.#deadlines.delete(seat);
    if (this.#waiting.size === 0) {
      clearTimeout(this.#deadline);
      this.#deadline = undefined;
    }
    this.#settled();
  }

  /** Leaves the seat of a client that went away. */
  abandon(seat: Seat): void {
    if (seat.waiting === 0) return; // the usual end of a connection: everything ran
    this.#observer.turnedAway('abandoned', seat.waiting);
    seat.leave(
      new KilnError('REQUEST_INVALID', { expected: 'a client that waits', received: 'a closed connection' }),
    );
    this.#countQueue();
  }

  /** Batches of requests under way. */
  get #runningRequests(): number {
    return this.#running - this.#runningBackground;
  }

  #schedule(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    clearTimeout(this.#delay);
    for (let rows = this.#countQueue(); rows > 0 && this.#runner.idle > 0; rows = this.#countQueue()) {
      const wait = this.#queue[0]!.queuedAt + this.settings.maxDelayMs - performance.now();
      if (rows < this.settings.maxBatch && wait > 0 && (this.#crowded || this.#runningRequests > 0)) {
        this.#delay = setTimeout(() => this.#pump(), Math.ceil(wait));
        return;
      }
      void this.#runBatch(this.#cut(rows));
    }
    for (const batch of this.#background) {
      if (this.#runner.idle === 0 || !this.#traffic.admitsBackground(this.#runner.workers)) return;
      this.#background.delete(batch);
      void this.#runBackground(batch);
    }
  }

  /** Drops the seats that were left; returns how many rows are ready. */
  #countQueue(): number {
    let rows = 0;
    for (let index = 0; index < this.#queue.length; ) {
      const { remaining } = this.#queue[index]!;
      if (remaining === 0) this.#queue.splice(index, 1);
      else index += 1;
      rows += remaining;
    }
    this.#traffic.queuedRows += rows - this.#queuedRows;
    this.#queuedRows = rows;
    return rows;
  }

  /** The next batch off the queue, which holds `readyRows` rows. */
  #cut(readyRows: number): Batch {
    const share = Math.max(worthDividing, Math.ceil(readyRows / this.#runner.idle));
    const enough = Math.min(this.settings.maxBatch, share);
    const batch: Batch = { kind: 'requests', rows: [], slices: [] };
    for (let seat = this.#queue[0]; seat !== undefined && batch.rows.length < enough; seat = this.#queue[0]) {
      const count = Math.min(seat.remaining, this.settings.maxBatch - batch.rows.length);
      const divides = count < seat.remaining;
      if (divides && batch.rows.length > 0) break;
      batch.slices.push({ seat, first: seat.begin(count, batch.rows), count });
      this.vacated(seat, count);
      if (!divides) this.#queue.shift();
    }
    return batch;
  }

  async #runBatch({ kind, rows, slices }: Batch): Promise<void> {
    const beganAt = performance.now();
    this.#crowded = slices.length > 1 || this.#runningRequests > 0;
    const waits = slices.map(({ seat, count }) => ({ rows: count, waitedMs: beganAt - seat.admittedAt }));
    const results = await this.#run(kind, rows, waits);
    let row = 0;
    for (const { seat, first, count } of slices) {
      for (let index = first; index < first + count; index += 1) {
        seat.answer(index, results[row]!, beganAt);
        row += 1;
      }
    }
  }

  async #runBackground(batch: BackgroundBatch): Promise<void> {
    this.#runningBackground += 1;
    this.#traffic.backgroundBegan();
    const results = await this.#run('background', batch.rows, []);
    this.#runningBackground -= 1;
    this.#traffic.backgroundEnded();
    batch.resolve(results);
  }

  /** Never rejects: a run that fails is an error on each of its rows. */
  async #run(
    kind: BatchRun['kind'],
    rows: readonly Row[],
    waits: BatchRun['waits'],
  ): Promise<readonly RowResult[]> {
    this.#running += 1;
    const beganAt = performance.now();
    let results: readonly RowResult[];
    try {
      results = await this.#runner.run(rows);
    } catch (error) {
      this.#observer.failed(error);
      const failure = asReport(error);
      results = rows.map(() => ({ kind: 'error', error: failure }));
    }
    this.#observer.ran({
      kind,
      rows: rows.length,
      results,
      durationMs: performance.now() - beganAt,
      waits,
    });
    this.#running -= 1;
    this.#settled();
    this.#schedule();
    return results;
  }

  #settled(): void {
    if (this.#waiting.size > 0 || this.#running > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Turns away the requests whose deadline has passed; the oldest that remains sets the next alarm. */
  #expire(): void {
    this.#deadline = undefined;
    const { deadlineMs } = this.settings;
    const now = performance.now();
    for (const seat of this.#waiting) {
      // Timers count whole milliseconds and may fire a fraction early.
      const left = Math.ceil(seat.admittedAt + deadlineMs - now);
      if (left > 0) {
        this.#deadline = setTimeout(() => this.#expire(), left);
        return;
      }
      this.#turnAway(seat, deadlineMs);
    }
  }

  #turnAway(seat: Seat, deadlineMs: number): void {
    this.#observer.turnedAway('expired', seat.waiting);
    seat.leave(
      new KilnError('QUEUE_TIMEOUT', {
        expected: `a run within ${deadlineMs} ms`,
        received: `${Math.round(performance.now() - seat.admittedAt)} ms of waiting`,
      }),
    );
    this.#countQueue();
  }
}

function asReport(error: unknown): ErrorReport {
  if (error instanceof KilnError) return error.toJSON();
  return new KilnError('INTERNAL', { expected: 'a run that ends', received: 'a run that failed' }).toJSON();
}
