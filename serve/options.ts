import type { Device } from '../runtime/classifier.js';
import type { BatchingSettings } from './batching-settings.js';
import type { UploadLimits } from './uploads.js';

export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface ServeOptions extends Partial<BatchingSettings> {
  /**
   * What is served: the bytes or the path of an ONNX file that kiln wrote, or a folder of them
   * (`<name>.onnx`, `<name>/<version>/model.onnx`).
   */
  readonly models: Uint8Array | string;
  /** The model of requests that name none. Default: the first by name. */
  readonly defaultModel?: string;
  /** How often files are looked at for changes, in ms; 0 never. Default 1000. */
  readonly pollMs?: number;
  /** Models are loaded and unloaded by request instead of by watching their files. */
  readonly modelControl?: boolean;
  /** Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /** Default 8080; 0 takes a free one. */
  readonly port?: number;
  /** Default `auto`. Several GPUs share the workers. */
  readonly device?: Device | readonly Device[];
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
