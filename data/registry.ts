import { homedir } from 'node:os';
import { join } from 'node:path';
import { closest } from '../errors/closest.js';
import { KilnError } from '../errors/errors.js';
import { cifar10Files, cifar10Folder, openCifar10 } from './cifar10.js';
import type { Dataset } from './dataset.js';
import { firstAbsent } from './presence.js';
import { openShapes } from './shapes.js';

/** Every dataset kiln can open; `dataDir` is where those live that are not made on the spot. */
const openers = {
  cifar10: async (dataDir) => openCifar10(await findCifar10(dataDir)),
  shapes: () => openShapes(),
} satisfies Record<string, (dataDir: string) => Promise<Dataset>>;

export type DatasetName = keyof typeof openers;
export const datasetNames = Object.keys(openers) as readonly DatasetName[];

/**
 * Opens a dataset by name. It downloads nothing: that is asked for by `kiln data`.
 *
 * @param options.dataDir for cifar10: the folder that contains cifar-10-batches-bin, or that folder itself
 * @throws KilnError DATASET_UNKNOWN for a name that is not in `datasetNames`
 * @throws KilnError DATASET_NOT_FOUND where the data folder lacks a file of the dataset
 */
export async function openDataset(options: { name: string; dataDir: string }): Promise<Dataset> {
  return openers[parseDatasetName(options.name)](options.dataDir);
}

/** A name as the user typed it. Throws KilnError DATASET_UNKNOWN, naming the closest one. */
export function parseDatasetName(name: string): DatasetName {
  const known = datasetNames.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  const meant = closest(name, datasetNames);
  throw new KilnError('DATASET_UNKNOWN', {
    expected: `one of ${datasetNames.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    received: name,
  });
}

/** KILN_DATA_DIR, else `kiln` in the user's cache folder (XDG_CACHE_HOME, else ~/.cache). */
export function defaultDataDir(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.KILN_DATA_DIR || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kiln');
}

async function findCifar10(dataDir: string): Promise<string> {
  const missing = new Map<string, string>();
  for (const folder of [join(dataDir, cifar10Folder), dataDir]) {
    const absent = await firstAbsent(folder, cifar10Files);
    if (absent === undefined) return folder;
    missing.set(folder, absent);
  }
  throw new KilnError('DATASET_NOT_FOUND', {
    message:
      'CIFAR-10 is not in the data folder: name its folder by --data-dir, or fetch it by `kiln data cifar10 --download`.',
    expected: `${cifar10Files.join(', ')} in one of ${[...missing.keys()].join(', ')}`,
    received: [...missing].map(([folder, file]) => `no ${file} in ${folder}`).join('; '),
  });
}
