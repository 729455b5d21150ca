import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { KilnError } from '../errors/errors.js';
import type { TrainingState } from './engine.js';
import { decodeTensors, encodeTensors, readTensorMetadata } from './safetensors.js';

/** What a checkpoint says of itself: enough to evaluate and export it without its run. */
export const checkpointMetadata = Type.Object({
  /** Steps done. The next batch's examples follow from it, as from seed and batch. */
  step: Type.Integer({ minimum: 0 }),
  network: Type.String(),
  /** What the network computes (network-digest.ts); older files lack it. */
  networkDigest: Type.Optional(Type.String()),
  labels: Type.Array(Type.String()),
  dataset: Type.Object({ name: Type.String(), digest: Type.String() }),
  /** The size of the dataset's pictures; older files lack it. */
  frame: Type.Optional(
    Type.Object({ height: Type.Integer({ minimum: 1 }), width: Type.Integer({ minimum: 1 }) }),
  ),
  trainedOn: Type.Union([Type.Literal('train'), Type.Literal('train+validation')]),
  recipe: Type.String(),
  batch: Type.Integer({ minimum: 1 }),
  seed: Type.Integer({ minimum: 0 }),
  /** Precision @ 1 on the validation split where it was measured at this step. */
  validation: Type.Union([Type.Null(), Type.Object({ ema: Type.Number(), raw: Type.Number() })]),
});

export type CheckpointMetadata = Static<typeof checkpointMetadata>;

/** Nothing in it depends on time or place: equal runs write equal bytes. */
export interface Checkpoint {
  readonly metadata: CheckpointMetadata;
  readonly state: TrainingState;
}

const format = 'kiln-checkpoint-1';
const extension = '.safetensors';
const temporary = '.tmp';
const kept = 5;

/** `00001234.safetensors`: names sort as steps do. */
export function checkpointName(step: number): string {
  return `${String(step).padStart(8, '0')}${extension}`;
}

/** The steps in the name of a checkpoint's path. */
export function stepOf(path: string): number {
  return Number.parseInt(basename(path), 10);
}

export function encodeCheckpoint({ metadata, state }: Checkpoint): Uint8Array {
  return encodeTensors({ metadata: { format, kiln: JSON.stringify(metadata) }, tensors: state.tensors });
}

/** @throws CHECKPOINT_CORRUPT for anything but a whole checkpoint */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { metadata: texts, tensors } = decodeTensors(bytes);
  const metadata = parseMetadata(texts);
  return { metadata, state: { step: metadata.step, tensors } };
}

/**
 * What a checkpoint says of itself, by reading its first bytes: whether it is whole only loading it tells.
 * @throws CHECKPOINT_CORRUPT where these are not a checkpoint's; what the file system fails with
 */
export async function readCheckpointMetadata(path: string): Promise<CheckpointMetadata> {
  return parseMetadata(await readTensorMetadata(path));
}

function parseMetadata(texts: Readonly<Record<string, string>>): CheckpointMetadata {
  const metadata = texts.format === format ? parseJson(texts.kiln ?? '') : undefined;
  if (Check(checkpointMetadata, metadata)) return metadata;
  throw new KilnError('CHECKPOINT_CORRUPT', {
    expected: `metadata of ${format}`,
    received: JSON.stringify(texts).slice(0, 200),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes a checkpoint that is there whole or not at all, whenever the process or the machine stops: into a temporary
 * file, flushed to the disk, then renamed.
 * @returns its path
 * @throws RUN_UNWRITABLE with the system's reason; older checkpoints are untouched
 */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint): Promise<string> {
  const path = join(folder, checkpointName(checkpoint.metadata.step));
  const draft = `${path}.${process.pid}${temporary}`;
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(encodeCheckpoint(checkpoint));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw new KilnError('RUN_UNWRITABLE', {
      message: 'The checkpoint could not be written; older ones are intact.',
      expected: `room for ${path}`,
      received: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
  return path;
}

/** A rename survives a power cut only once the folder is flushed too. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws CHECKPOINT_CORRUPT, CHECKPOINT_NOT_FOUND */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new KilnError('CHECKPOINT_NOT_FOUND', {
      expected: `a readable file ${path}`,
      received: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
  return decodeCheckpoint(bytes);
}

/** Paths of a folder's checkpoints, oldest first. A folder that is not there has none. */
export async function listCheckpoints(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => join(folder, name));
}

export interface Found extends Checkpoint {
  readonly path: string;
  /** Newer files that are not whole, with the reason. */
  readonly damaged: readonly { readonly path: string; readonly error: KilnError }[];
}

/** The newest whole checkpoint of a folder; damaged ones are passed over. @throws CHECKPOINT_NOT_FOUND */
export async function newestCheckpoint(folder: string): Promise<Found> {
  const paths = await listCheckpoints(folder);
  const damaged: { path: string; error: KilnError }[] = [];
  for (const path of paths.slice().reverse()) {
    try {
      return { path, damaged, ...(await loadCheckpoint(path)) };
    } catch (error) {
      if (!(error instanceof KilnError)) throw error;
      damaged.push({ path, error });
    }
  }
  throw new KilnError('CHECKPOINT_NOT_FOUND', {
    expected: `a checkpoint in ${folder}`,
    received: damaged.length === 0 ? 'none' : `${damaged.length} damaged files`,
  });
}

/** A run's checkpoints on disk: the last five and the best, by validation precision of the averaged weights. */
export class CheckpointShelf {
  readonly #folder: string;
  #best: { readonly path: string; readonly precision: number } | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Looks through what an earlier process left, and clears away its unfinished files. */
  static async open(folder: string): Promise<CheckpointShelf> {
    await mkdir(folder, { recursive: true });
    const shelf = new CheckpointShelf(folder);
    for (const name of await readdir(folder)) {
      if (name.endsWith(temporary)) await rm(join(folder, name), { force: true });
    }
    for (const path of await listCheckpoints(folder)) {
      const checkpoint = await loadCheckpoint(path).catch(() => undefined);
      if (checkpoint !== undefined) shelf.#consider(path, checkpoint.metadata);
    }
    return shelf;
  }

  /** The checkpoint that did best on validation, if any was measured. */
  get best(): { readonly path: string; readonly precision: number } | undefined {
    return this.#best;
  }

  /** Saves, then removes all but the last five and the best unless `keep` is `all`. */
  async save(checkpoint: Checkpoint, keep: 'last' | 'all'): Promise<string> {
    const path = await saveCheckpoint(this.#folder, checkpoint);
    this.#consider(path, checkpoint.metadata);
    if (keep === 'last') {
      for (const old of (await listCheckpoints(this.#folder)).slice(0, -kept)) {
        if (old !== this.#best?.path) await rm(old, { force: true });
      }
    }
    return path;
  }

  #consider(path: string, { validation }: CheckpointMetadata): void {
    if (validation !== null && validation.ema >= (this.#best?.precision ?? 0)) {
      this.#best = { path, precision: validation.ema };
    }
  }
}
