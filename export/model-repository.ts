import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KilnError } from '../errors/errors.js';
import type { ClassifierMetadata } from '../runtime/metadata.js';
import { openModelFile } from '../runtime/model-file.js';
import { readModel } from '../runtime/read-model.js';
import type { NamedModel, PlacedModel } from './format.js';
import { labelsFile, tritonConfig, tritonLabels } from './triton-config.js';
import { writeWhole } from './write-whole.js';

const modelFile = 'model.onnx';

/**
 * Refuses what the repository cannot take, before a file is made: a name that is no folder's, and a model whose
 * pictures or labels are not those of the newest version there, since one config.pbtxt describes all of them.
 * @throws OPTION_INVALID, EXPORT_CONFLICT, EXPORT_UNWRITABLE
 */
export async function checkRepository(
  repository: string,
  { name, metadata }: Omit<NamedModel, 'bytes'>,
): Promise<void> {
  if (!/^\w[\w.-]*$/.test(name)) {
    throw new KilnError('OPTION_INVALID', {
      message: "The model's name cannot be that of its folder; --name gives it another.",
      expected: 'letters, digits, _, . and -',
      received: name,
    });
  }
  const latest = (await versionsIn(join(repository, name))).at(-1);
  if (latest === undefined) return;
  const path = join(repository, name, String(latest), modelFile);
  const there = await readModel(path)
    .then((bytes) => describeInterface(openModelFile(bytes).metadata))
    .catch((error: unknown) => (error instanceof KilnError ? error.message : Promise.reject(error)));
  const expected = describeInterface(metadata);
  if (there === expected) return;
  throw new KilnError('EXPORT_CONFLICT', {
    message: 'The repository holds another model of this name; --name gives this one its own folder.',
    expected: `${path} with ${expected}`,
    received: there,
  });
}

/**
 * Puts a model into a Triton model repository as the next version of its name: `<name>/config.pbtxt`, `labels.txt` and
 * `<version>/model.onnx`. A version appears whole or not at all, as Triton may be polling the folder; a config.pbtxt
 * and labels that are there stay as they are, tuned or not.
 *
 * @param model one that `checkRepository` let pass
 * @throws EXPORT_UNWRITABLE
 */
export async function addToRepository(repository: string, model: NamedModel): Promise<PlacedModel> {
  const { name, bytes, metadata } = model;
  const folder = join(repository, name);
  const beside = [
    await writeMissing(join(folder, labelsFile), tritonLabels(metadata)),
    await writeMissing(join(folder, 'config.pbtxt'), tritonConfig(name, metadata)),
  ];
  const draft = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeWhole(join(draft, modelFile), bytes);
    return { path: join(await takeVersion(draft, folder), modelFile), beside };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Renames the draft to the next free version; another export may take one at the same time. */
async function takeVersion(draft: string, folder: string): Promise<string> {
  for (;;) {
    const version = join(folder, String(((await versionsIn(folder)).at(-1) ?? 0) + 1));
    try {
      await rename(draft, version);
      return version;
    } catch (error) {
      if (!existsSync(version)) throw unwritable(version, error);
    }
  }
}

/** Numbers of the versions that are there, ascending. Triton ignores folders of any other name. */
async function versionsIn(folder: string): Promise<number[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && /^[1-9]\d*$/.test(entry.name))
      .map((entry) => Number(entry.name))
      .sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unwritable(folder, error);
  }
}

async function writeMissing(path: string, text: string): Promise<PlacedModel['beside'][number]> {
  if (existsSync(path)) return { path, state: 'kept' };
  await writeWhole(path, Buffer.from(text));
  return { path, state: 'written' };
}

function describeInterface({ frame, labels }: ClassifierMetadata): string {
  return `pictures ${frame.width}×${frame.height} and labels ${labels.join(', ')}`;
}

function unwritable(path: string, cause: unknown): KilnError {
  return new KilnError('EXPORT_UNWRITABLE', {
    expected: `a folder at ${path}`,
    received: cause instanceof Error ? cause.message : String(cause),
    cause,
  });
}
