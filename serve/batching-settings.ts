import { defaultSettings } from './settings/defaults.js';
import { assertSetting } from './settings/setting.js';
import { type Settings, settings } from './settings/settings.js';

const names = ['maxBatch', 'maxDelayMs', 'queueRows', 'deadlineMs'] as const;

/** What of the settings concerns batches. */
export type BatchingSettings = Pick<Settings, (typeof names)[number]>;

export const defaultBatching: BatchingSettings = defaultSettings;

/** The settings with their defaults. @throws KilnError OPTION_INVALID */
export function batchingSettings({
  maxBatch = defaultBatching.maxBatch,
  maxDelayMs = defaultBatching.maxDelayMs,
  queueRows = defaultBatching.queueRows,
  deadlineMs = defaultBatching.deadlineMs,
}: Partial<BatchingSettings>): BatchingSettings {
  const batching = { maxBatch, maxDelayMs, queueRows, deadlineMs };
  for (const name of names) assertSetting(name, settings[name], batching[name]);
  return batching;
}
