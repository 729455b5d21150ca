import sharp from 'sharp';
import { openDataset } from '../../data/registry.js';
import { KilnError } from '../../errors/errors.js';

/** Pictures of a size that the network sees as they are. */
export interface BenchPictures {
  readonly dataset: 'cifar10' | 'shapes';
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** uint8 [count, height, width, 3] */
  readonly frames: Uint8Array;
  /** The same as files. */
  readonly pngs: readonly Buffer[];
}

/** Different enough for no cache to help, few enough to lie in memory many times. */
const count = 256;

/**
 * The first pictures of CIFAR-10's test split where it is there, of shapes otherwise; as PNGs with adaptive filters,
 * as libpng and Pillow write them.
 */
export async function benchPictures(dataDir: string): Promise<BenchPictures> {
  const dataset = await openDataset({ name: 'cifar10', dataDir }).catch((error) => {
    if (error instanceof KilnError && error.code === 'DATASET_NOT_FOUND')
      return openDataset({ name: 'shapes', dataDir });
    throw error;
  });
  const { height, width } = dataset;
  const { images } = dataset.split('test').read(Array.from({ length: count }, (_, index) => index));
  const size = height * width * 3;
  const pngs = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      sharp(images.subarray(index * size, (index + 1) * size), { raw: { width, height, channels: 3 } })
        .png({ adaptiveFiltering: true })
        .toBuffer(),
    ),
  );
  return {
    dataset: dataset.name === 'cifar10' ? 'cifar10' : 'shapes',
    count,
    height,
    width,
    frames: images,
    pngs,
  };
}
