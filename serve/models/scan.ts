import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ModelFile } from '../../runtime/model-file.js';

/** Where the models of a service lie. */
export type ModelSource =
  /** One file, served under one name whatever it comes to call itself. */
  | { readonly kind: 'file'; readonly path: string; readonly name: string; readonly opened?: OpenedFile }
  /** `<name>.onnx` (version 1) and `<name>/<version>/model.onnx`. */
  | { readonly kind: 'folder'; readonly path: string };

/** A file as it was when it had this stamp. */
export interface OpenedFile {
  readonly stamp: string;
  readonly file: ModelFile;
}

export interface FoundModel {
  readonly name: string;
  /** A whole number above 0, in digits. */
  readonly version: string;
  readonly path: string;
  /** Changes whenever the file does. */
  readonly stamp: string;
}

const extension = '.onnx';
const versionFile = 'model.onnx';

/**
 * The model files of a source, by name and version. Hidden files and whatever else lies there are left out; of two
 * files for one version that in a folder of versions counts.
 *
 * @throws the file system's error where the source itself cannot be read
 */
export async function scanModels(source: ModelSource): Promise<FoundModel[]> {
  if (source.kind === 'file') {
    const { name, path } = source;
    return [{ name, version: '1', path, stamp: stampOf(await stat(path)) }];
  }
  const found = new Map<string, FoundModel>();
  for (const entry of (await readdir(source.path)).sort()) {
    if (entry.startsWith('.')) continue;
    const path = join(source.path, entry);
    const models = entry.endsWith(extension)
      ? [await look(basename(entry, extension), '1', path)]
      : await scanVersions(entry, path);
    for (const model of models) if (model !== undefined) found.set(`${model.name}/${model.version}`, model);
  }
  return [...found.values()];
}

async function scanVersions(name: string, folder: string): Promise<(FoundModel | undefined)[]> {
  // A file that is no model, or a folder that is gone by now, holds no versions.
  const entries = await readdir(folder).catch(() => []);
  const versions = entries.filter((entry) => /^[1-9]\d{0,14}$/.test(entry));
  return Promise.all(versions.map((version) => look(name, version, join(folder, version, versionFile))));
}

async function look(name: string, version: string, path: string): Promise<FoundModel | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ? { name, version, path, stamp: stampOf(stats) } : undefined;
}

export function stampOf({ mtimeMs, size, ino }: { mtimeMs: number; size: number; ino: number }): string {
  return `${mtimeMs}:${size}:${ino}`;
}
