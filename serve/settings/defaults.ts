import { configOf, entries } from './entries.js';
import type { Settings } from './settings.js';

/** What holds where nothing is given. */
export const defaultSettings = configOf(
  entries.flatMap(({ path, setting }) => (setting.default === undefined ? [] : [[path, setting.default]])),
) as unknown as Settings; // by the map that the type is taken from
