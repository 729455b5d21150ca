import type { Device } from '../runtime/classifier.js';
import type { BatchingSettings } from './batching-settings.js';
import type { UploadLimits } from './uploads.js';

export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface ServeOptions extends Partial<BatchingSettings> {
  /** An ONNX file that kiln wrote: its bytes or its path. */
  readonly model: Uint8Array | string;
  /** Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /** Default 8080; 0 takes a free one. */
  readonly port?: number;
  /** Default `auto`. */
  readonly device?: Device;
  readonly workers?: number;
  readonly threadsPerWorker?: number;
  readonly limits?: Partial<UploadLimits>;
  /** Where datasets for evaluations lie; default: that of data/registry.ts. */
  readonly dataDir?: string;
  /** The built page; without it there is none at `/`. */
  readonly pageFolder?: string;
  /** Default `info`: starting, closing and failures; from `debug` on every request. */
  readonly logLevel?: LogLevel;
}
