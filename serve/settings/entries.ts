import type { Setting } from './setting.js';
import { settings } from './settings.js';

/** A setting and its place in a configuration: `['limits', 'files']`. */
export interface Entry {
  readonly path: readonly string[];
  /** `limits.files` */
  readonly name: string;
  readonly setting: Setting<unknown>;
}

/** The map as a list, in its order. */
export const entries: readonly Entry[] = Object.entries(settings).flatMap(([name, value]) =>
  'schema' in value
    ? [entry([name], value)]
    : Object.entries(value).map(([inner, setting]) => entry([name, inner], setting)),
);

function entry(path: readonly string[], setting: Setting<unknown>): Entry {
  return { path, name: path.join('.'), setting };
}

/** What a configuration holds at a path; undefined where it holds nothing. */
export function valueAt(config: unknown, path: readonly string[]): unknown {
  let value = config;
  for (const key of path) value = isRecord(value) ? value[key] : undefined;
  return value;
}

/** A configuration of values by path. */
export function configOf(values: Iterable<readonly [path: readonly string[], value: unknown]>) {
  const config: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const [name, inner] = path as [string, string?];
    config[name] = inner === undefined ? value : { ...(config[name] ?? {}), [inner]: value };
  }
  return config;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
