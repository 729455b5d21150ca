import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { closest } from '../../errors/closest.js';
import { KilnError } from '../../errors/errors.js';
import { importModule } from '../../train/parts/module.js';
import { entries, isRecord } from './entries.js';

/** A configuration file as it was read; its values are not yet checked. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What --print-config adds to the values, and a file may therefore hold. */
export const sourcesKey = '$sources';

/**
 * Reads `kiln.serve.json`, or the default export of a module in TypeScript or JavaScript.
 *
 * @throws KilnError FILE_NOT_FOUND; CONFIG_INVALID for what cannot be read as one, and for a key that is no setting,
 *   naming the closest one
 */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const path = resolve(file);
  const text = await readText(path);
  const values = extname(path) === '.json' ? parseJson(text, path) : await importDefault(path);
  if (!isRecord(values)) throw invalid(`${path} to hold an object`, JSON.stringify(values) ?? String(values));
  assertKeys(values, path);
  return { path, values };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new KilnError('FILE_NOT_FOUND', {
      expected: `a configuration file at ${path}`,
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`JSON in ${path}`, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const modules = ['.ts', '.mts', '.js', '.mjs'];

async function importDefault(path: string): Promise<unknown> {
  if (!modules.includes(extname(path))) {
    throw invalid(`a configuration file ending in .json, ${modules.join(', ')}`, path);
  }
  try {
    const { default: exported } = await importModule(path);
    return exported;
  } catch (error) {
    if (error instanceof KilnError) throw invalid(error.expected, error.received, error);
    throw error;
  }
}

function assertKeys(values: Readonly<Record<string, unknown>>, path: string): void {
  for (const name of Object.entries(values).flatMap(([key, value]) => namesOf(key, value, path))) {
    if (names.includes(name) || name === sourcesKey) continue;
    const meant = names.find((known) => known.endsWith(`.${name}`)) ?? closest(name, names);
    throw invalid(
      meant === undefined ? `settings: ${names.join(', ')}` : `a setting; did you mean ${meant}?`,
      `${name} in ${path}`,
    );
  }
}

const names = entries.map(({ name }) => name);
const groups = new Set(entries.flatMap(({ path }) => (path.length > 1 ? [path[0]] : [])));

/** `limits: { files }` is `limits.files`. */
function namesOf(key: string, value: unknown, path: string): string[] {
  if (!groups.has(key)) return [key];
  if (isRecord(value)) return Object.keys(value).map((inner) => `${key}.${inner}`);
  throw invalid(`${key} in ${path} to be an object`, JSON.stringify(value));
}

function invalid(expected: string, received: string, cause?: unknown): KilnError {
  return new KilnError('CONFIG_INVALID', { expected, received, cause });
}
