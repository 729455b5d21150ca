import { dirname, resolve } from 'node:path';
import type { ConfigFile } from './config-file.js';
import { configOf, entries, valueAt } from './entries.js';
import { assertKnownVariables, textInEnvironment } from './environment.js';
import { assertSetting, flagName, type Setting, switchFlag } from './setting.js';
import type { Settings } from './settings.js';

export interface Sources {
  /** By the setting's name: a flag's text, the texts of one that is repeated, or a switch. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: NodeJS.ProcessEnv;
  readonly file: ConfigFile | undefined;
}

export interface Resolved {
  readonly settings: Settings;
  /** Where the value of a setting stands, by its name: `--port`, `KILN_PORT`, the configuration file or `default`. */
  readonly origins: Readonly<Record<string, string>>;
}

interface Given {
  readonly value: unknown;
  readonly origin: string;
}

/**
 * The settings that hold: flag before environment before configuration file before default. Values that are
 * outweighed are checked too.
 *
 * @throws KilnError OPTION_INVALID for a value that cannot be, naming where it stands, and for a mistyped variable
 */
export function resolveSettings({ flags, environment, file }: Sources): Resolved {
  assertKnownVariables(environment);
  const values: [path: readonly string[], value: unknown][] = [];
  const origins: Record<string, string> = {};
  for (const { path, name, setting } of entries) {
    const given = [
      fromFlag(setting, flags[name]),
      fromText(setting, textInEnvironment(setting, environment)),
      fromFile(setting, path, file),
    ].filter(({ value }) => value !== undefined);
    for (const { value, origin } of given) assertSetting(name, setting, value, origin);
    const { value, origin } = given[0] ?? { value: setting.default, origin: 'default' };
    if (value === undefined) continue;
    values.push([path, value]);
    origins[name] = origin;
  }
  // Every value has passed the schema that its type was taken from.
  return { settings: configOf(values) as unknown as Settings, origins };
}

function fromFlag(setting: Setting<unknown>, raw: unknown): Given {
  if (typeof raw === 'boolean') return { value: raw, origin: switchFlag(setting.flag, raw) };
  const origin = flagName(setting.flag);
  if (Array.isArray(raw)) return { value: raw.flatMap((text) => setting.parse(text)), origin };
  return { value: typeof raw === 'string' ? setting.parse(raw) : raw, origin };
}

function fromText(
  setting: Setting<unknown>,
  given: { readonly text: string | undefined; readonly variable: string },
): Given {
  const { text, variable } = given;
  return { value: text === undefined ? undefined : setting.parse(text), origin: variable };
}

function fromFile(setting: Setting<unknown>, path: readonly string[], file: ConfigFile | undefined): Given {
  if (file === undefined) return { value: undefined, origin: '' };
  const value = valueAt(file.values, path);
  const isPath = setting.form === 'path' && typeof value === 'string';
  return { value: isPath ? resolve(dirname(file.path), value) : value, origin: file.path };
}
