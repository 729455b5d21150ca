import { resolve } from 'node:path';
import { sourcesKey } from './config-file.js';
import { configOf, entries, valueAt } from './entries.js';
import type { Resolved } from './resolve.js';

/**
 * The settings that hold as a configuration file, with where each value stands under `$sources`. Paths are absolute,
 * so that the file may lie anywhere. None of the settings is a secret: keys and certificates are named by their files.
 */
export function printSettings({ settings, origins }: Resolved): string {
  const values = entries.flatMap(({ path, setting }): [readonly string[], unknown][] => {
    const value = valueAt(settings, path);
    if (value === undefined) return [];
    return [[path, setting.form === 'path' ? resolve(String(value)) : value]];
  });
  const sources = entries.map(({ name, setting }) => [
    name,
    origins[name] ?? `not set: ${setting.otherwise ?? 'nothing'}`,
  ]);
  const printed = { ...configOf(values), [sourcesKey]: Object.fromEntries(sources) };
  return JSON.stringify(printed, undefined, 2);
}
