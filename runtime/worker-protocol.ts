import type { ErrorReport } from '../errors/errors.js';
import type { Device, Provider } from './classifier.js';
import type { ModelFile } from './model-file.js';
import type { FailedProvider } from './session.js';

/** What the pool and its worker threads say to each other. */

export interface WorkerSettings {
  readonly device: Device;
  readonly threads: number;
}

/** Where a graph came to run. */
export interface Placement {
  readonly provider: Provider;
  /** What was tried before it, in vain. */
  readonly failed: readonly FailedProvider[];
}

/** Names a model between a pool and its threads. */
export type ModelId = number;

/** One row of a batch: `length` bytes of the request's payload. */
export interface PackedRow {
  readonly kind: 'frame' | 'png';
  readonly offset: number;
  readonly length: number;
}

export type PoolMessage =
  /** `file` is already checked. */
  | { readonly kind: 'load'; readonly model: ModelId; readonly file: ModelFile; readonly device: Device }
  | { readonly kind: 'unload'; readonly model: ModelId }
  | {
      readonly kind: 'run';
      readonly model: ModelId;
      readonly rows: readonly PackedRow[];
      readonly payload: ArrayBuffer;
    }
  /** Finish what runs, release the sessions, end. */
  | { readonly kind: 'stop' };

export type RowOutcome =
  /** `index` counts the rows that have probabilities. */
  | { readonly kind: 'probabilities'; readonly index: number; readonly decodeMs: number }
  | { readonly kind: 'error'; readonly error: ErrorReport };

export interface BatchOutcome {
  readonly rows: readonly RowOutcome[];
  /** float32 [rows with probabilities, labels] */
  readonly probabilities: Float32Array;
  readonly inferenceMs: number;
}

export type WorkerMessage =
  /** The device works. */
  | ({ readonly kind: 'ready' } & Placement)
  /** The worker could not start and ends. */
  | { readonly kind: 'unfit'; readonly error: ErrorReport }
  /** The model is warm. */
  | ({ readonly kind: 'loaded'; readonly model: ModelId } & Placement)
  | { readonly kind: 'refused'; readonly model: ModelId; readonly error: ErrorReport }
  | ({ readonly kind: 'done' } & BatchOutcome);
