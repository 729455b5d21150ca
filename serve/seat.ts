import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { Row, RowResult } from '../runtime/worker-pool.js';

export interface RowAnswer {
  readonly result: RowResult;
  /** From admission until the row's batch began. */
  readonly waitedMs: number;
}

/** What a seat asks of the batcher that gave it. */
export interface SeatOwner {
  /** The seat's rows are ready to run. */
  ready(seat: Seat): void;
  /** `rows` of the seat wait no longer. */
  vacated(seat: Seat, rows: number): void;
}

interface Outcome {
  readonly resolve: (answers: RowAnswer[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * One request's place in the service. It counts against the queue from admission, so that decoding is
 * bounded as well, until its rows run or it is left.
 */
export class Seat {
  readonly admittedAt = performance.now();
  /** When the rows became ready to run. */
  queuedAt = 0;
  readonly #owner: SeatOwner;
  #admitted: number;
  #rows: readonly Row[] = [];
  #answers: RowAnswer[] = [];
  #started = 0;
  #answered = 0;
  #outcome: Outcome | undefined;
  #left: Error | undefined;
  #abort: AbortController | undefined;

  constructor(owner: SeatOwner, rows: number) {
    this.#owner = owner;
    this.#admitted = rows;
  }

  /** Aborts when the seat is left or its deadline passes; the reason is the error to answer with. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      setMaxListeners(0, this.#abort.signal); // one for each picture
    }
    if (this.#left !== undefined) this.#abort.abort(this.#left);
    return this.#abort.signal;
  }

  /** One a row, in order; whole once `run` has resolved. */
  get answers(): readonly RowAnswer[] {
    return this.#answers;
  }

  /** Rows that are ready and in no batch yet. */
  get remaining(): number {
    return this.#left === undefined ? this.#rows.length - this.#started : 0;
  }

  /** Rows admitted that have not begun to run. */
  get waiting(): number {
    return this.#left === undefined ? this.#admitted - this.#started : 0;
  }

  /**
   * Queues the rows, at most as many as were admitted; to be called once.
   *
   * @returns one answer a row, in order. A row that fails is an answer; it never fails its neighbours.
   * @throws KilnError QUEUE_TIMEOUT, or the reason with which the seat was left
   */
  run(rows: readonly Row[]): Promise<RowAnswer[]> {
    if (rows.length > this.#admitted) {
      throw new RangeError(`a seat for ${this.#admitted} rows was given ${rows.length}`);
    }
    if (this.#left !== undefined) return Promise.reject(this.#left);
    const spare = this.#admitted - rows.length;
    this.#admitted = rows.length;
    this.#owner.vacated(this, spare);
    this.#rows = rows;
    this.#answers = new Array<RowAnswer>(rows.length);
    this.queuedAt = performance.now();
    return new Promise((resolve, reject) => {
      this.#outcome = { resolve, reject };
      if (rows.length === 0) resolve(this.#answers);
      else this.#owner.ready(this);
    });
  }

  /** Gives the place back; rows that already run finish, and nobody waits for them. Harmless when repeated. */
  leave(reason: Error): void {
    if (this.#left !== undefined) return;
    const waiting = this.waiting;
    this.#left = reason;
    this.#owner.vacated(this, waiting);
    this.#abort?.abort(reason);
    this.#outcome?.reject(reason);
  }

  /** Moves the next `count` rows into a batch; returns the index of the first. */
  begin(count: number, into: Row[]): number {
    const first = this.#started;
    this.#started += count;
    for (let index = first; index < this.#started; index += 1) into.push(this.#rows[index]!);
    return first;
  }

  /** Delivers one row's answer from the batch that began at `beganAt`. */
  answer(index: number, result: RowResult, beganAt: number): void {
    this.#answers[index] = { result, waitedMs: beganAt - this.admittedAt };
    this.#answered += 1;
    if (this.#answered === this.#rows.length) this.#outcome?.resolve(this.#answers);
  }
}
