import type { RowResult } from '../runtime/worker-pool.js';

/** Why a request was turned away: the queue was full, its deadline passed, its client left. */
export type TurnedAway = 'full' | 'expired' | 'abandoned';

/** A run of the model that has ended. */
export interface BatchRun {
  /** `background` runs are those of evaluations. */
  readonly kind: 'requests' | 'background';
  readonly rows: number;
  /** One a row, in order. */
  readonly results: readonly RowResult[];
  /** From handing the batch to a worker until its answer came, in ms. */
  readonly durationMs: number;
  /** The requests in it: how many rows of each, and how long it had waited since admission, in ms. */
  readonly waits: readonly { readonly rows: number; readonly waitedMs: number }[];
}

/** Told what becomes of one model's rows. Called on the thread that serves HTTP: to be quick. */
export interface BatchObserver {
  ran(run: BatchRun): void;
  turnedAway(reason: TurnedAway, rows: number): void;
  /** A whole run failed; its rows say no more than the error's code. */
  failed(error: unknown): void;
}
