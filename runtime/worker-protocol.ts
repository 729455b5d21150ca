import type { ErrorReport } from '../errors/errors.js';
import type { Device, Provider } from './classifier.js';
import type { ModelFile } from './model-file.js';
import type { FailedProvider } from './session.js';

/** What the pool and its worker threads say to each other. */

export interface WorkerSettings {
  /** Already checked. */
  readonly model: ModelFile;
  readonly device: Device;
  readonly threads: number;
}

/** One row of a batch: `length` bytes of the request's payload. */
export interface PackedRow {
  readonly kind: 'frame' | 'png';
  readonly offset: number;
  readonly length: number;
}

export type PoolMessage =
  | { readonly kind: 'run'; readonly rows: readonly PackedRow[]; readonly payload: ArrayBuffer }
  /** Finish what runs, release the session, end. */
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
  | { readonly kind: 'ready'; readonly provider: Provider; readonly failed: readonly FailedProvider[] }
  /** The worker could not start and ends. */
  | { readonly kind: 'refused'; readonly error: ErrorReport }
  | ({ readonly kind: 'done' } & BatchOutcome);
