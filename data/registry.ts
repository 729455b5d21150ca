import { homedir } from 'node:os';
import { join } from 'node:path';
import { closest } from '../errors/closest.js';
import { KilnError } from '../errors/errors.js';
import { cifar10Files, cifar10Folder, openCifar10 } from './cifar10.js';
import { cifar100Files, cifar100Folder, openCifar100 } from './cifar100.js';
import type { Dataset } from './dataset.js';
import type { Publication } from './download.js';
import { openFolder } from './folder.js';
import { firstAbsent } from './presence.js';
import { cifar10Archive, cifar100Archive, svhnDigits } from './published.js';
import { openShapes } from './shapes.js';
import { openSvhn, svhnFiles, svhnFolder } from './svhn.js';

/** Which dataset, and where it lies. */
export interface OpenOptions {
  readonly name: string;
  /** Where datasets lie; for `folder` the folder of pictures itself. */
  readonly dataDir: string;
  /** Pixels a side, for `folder`; other datasets have one size, which is the only one they take. */
  readonly imageSize?: number;
  /** Told of files that are read one by one. */
  readonly onProgress?: (done: number, total: number) => void;
}

interface Source {
  open(options: OpenOptions): Promise<Dataset>;
  /** Where it is officially published. */
  readonly publication?: Publication;
}

const cifar100 = (dataDir: string) => find('CIFAR-100', 'cifar100', cifar100Folder, cifar100Files, dataDir);

/** Every dataset kiln can open. CIFAR-100's labellings are two names: a name is all that a run and a file keep. */
const sources = {
  cifar10: {
    open: async ({ dataDir }) =>
      openCifar10(await find('CIFAR-10', 'cifar10', cifar10Folder, cifar10Files, dataDir)),
    publication: cifar10Archive,
  },
  cifar100: {
    open: async ({ dataDir }) => openCifar100(await cifar100(dataDir), 'fine'),
    publication: cifar100Archive,
  },
  'cifar100-coarse': {
    open: async ({ dataDir }) => openCifar100(await cifar100(dataDir), 'coarse'),
    publication: cifar100Archive,
  },
  svhn: {
    open: async ({ dataDir }) => openSvhn(await find('SVHN', 'svhn', svhnFolder, svhnFiles, dataDir)),
    publication: svhnDigits,
  },
  folder: { open: ({ dataDir, ...options }) => openFolder(dataDir, options) },
  shapes: { open: () => openShapes() },
} satisfies Record<string, Source>;

export type DatasetName = keyof typeof sources;
/** The datasets that ship with kiln, by the names that `--dataset` takes. */
export const datasetNames = Object.keys(sources) as readonly DatasetName[];

/**
 * Opens a dataset by name. It downloads nothing: that is asked for by `kiln data`.
 *
 * @param options.dataDir contains a dataset's folder (cifar-10-batches-bin, cifar-100-binary, svhn), or is that folder
 * @throws KilnError DATASET_UNKNOWN for a name that is not in `datasetNames`
 * @throws KilnError DATASET_NOT_FOUND where the data folder lacks a file of the dataset
 * @throws KilnError OPTION_INVALID for an image size that is not the dataset's; DATASET_… as the dataset's own
 */
export async function openDataset(options: OpenOptions): Promise<Dataset> {
  const source: Source = sources[parseDatasetName(options.name)];
  const dataset = await source.open(options);
  const { name, height, width } = dataset;
  const { imageSize = height } = options;
  if (imageSize === height && imageSize === width) return dataset;
  throw new KilnError('OPTION_INVALID', {
    expected: `no image size: pictures of ${name} are ${width}×${height} (only folder takes one)`,
    received: String(imageSize),
  });
}

/** The option that opens a dataset for a model of this frame, where the dataset takes one. */
export function sizeFor(
  name: string,
  frame: { readonly height: number } | undefined,
): { imageSize?: number } {
  return name === 'folder' && frame !== undefined ? { imageSize: frame.height } : {};
}

/** Where a dataset is published; undefined for one that is nowhere. */
export function publicationOf(name: DatasetName): Publication | undefined {
  const source: Source = sources[name];
  return source.publication;
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

/** The dataset's folder: inside the data folder, or the data folder itself. */
async function find(
  title: string,
  name: string,
  inside: string,
  files: readonly string[],
  dataDir: string,
): Promise<string> {
  const missing = new Map<string, string>();
  for (const folder of [join(dataDir, inside), dataDir]) {
    const absent = await firstAbsent(folder, files);
    if (absent === undefined) return folder;
    missing.set(folder, absent);
  }
  throw new KilnError('DATASET_NOT_FOUND', {
    message: `${title} is not in the data folder: name its folder by --data-dir, or fetch it by \`kiln data ${name} --download\`.`,
    expected: `${files.join(', ')} in one of ${[...missing.keys()].join(', ')}`,
    received: [...missing].map(([folder, file]) => `no ${file} in ${folder}`).join('; '),
  });
}
