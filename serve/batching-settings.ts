import { KilnError } from '../errors/errors.js';

export interface BatchingSettings {
  /** Rows of one run, at most. */
  readonly maxBatch: number;
  /** How long a batch that is not full waits for more while a worker is idle, in ms; a lone request never does. */
  readonly maxDelayMs: number;
  /** Rows that may wait, decoding included. */
  readonly queueRows: number;
  /** How long a request may wait until it runs, in ms. */
  readonly deadlineMs: number;
}

/**
 * 32 pictures in one request are one run; on a CPU more gain nothing and fall out of the cache. Under load batches
 * form by themselves while the workers are busy, so the delay matters only to bursts that do not fill them.
 */
export const defaultBatching: BatchingSettings = {
  maxBatch: 32,
  maxDelayMs: 2,
  queueRows: 256,
  deadlineMs: 10_000,
};

/** The settings with their defaults. @throws KilnError OPTION_INVALID */
export function batchingSettings({
  maxBatch = defaultBatching.maxBatch,
  maxDelayMs = defaultBatching.maxDelayMs,
  queueRows = defaultBatching.queueRows,
  deadlineMs = defaultBatching.deadlineMs,
}: Partial<BatchingSettings>): BatchingSettings {
  assertInteger('maxBatch', maxBatch, 1, 1024);
  assertInteger('maxDelayMs', maxDelayMs, 0, 60_000);
  assertInteger('queueRows', queueRows, 1, 65_536);
  assertInteger('deadlineMs', deadlineMs, 1, 600_000);
  return { maxBatch, maxDelayMs, queueRows, deadlineMs };
}

function assertInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new KilnError('OPTION_INVALID', {
    expected: `${name}: an integer from ${least} to ${most}`,
    received: String(value),
  });
}
