import type { DatasetSplit } from '../data/dataset.js';
import { permutation, uniform } from '../data/random.js';
import type { Frame } from './inference-graph.js';
import type { Pictures } from './parity.js';

const seed = 2015;
/** Pictures of a dataset that the parity gate looks at. */
const sampleSize = 48;
/** Pictures of one colour: their standard deviation is 0, which standardisation must survive. */
const constants = [0, 1, 127, 254, 255] as const;
const noisePictures = 8;

/** What the parity gate compares on: a seeded sample of real pictures, if there are any, and made ones that are hard. */
export function parityPictures(frame: Frame, split?: DatasetSplit): Pictures {
  const made = madePictures(frame);
  if (split === undefined) return made;
  const chosen = permutation(seed, 0, split.count).slice(0, sampleSize);
  const { images } = split.read(chosen);
  return { images: Buffer.concat([images, made.images]), count: chosen.length + made.count };
}

/** Constant pictures, noise, and noise so faint that its deviation stays below standardisation's floor. */
function madePictures({ height, width }: Frame): Pictures {
  const size = height * width * 3;
  const noise = (stream: number, from: number, levels: number) =>
    Uint8Array.from({ length: size }, (_, index) => from + Math.floor(uniform(seed, stream, index) * levels));
  const list = [
    ...constants.map((value) => new Uint8Array(size).fill(value)),
    ...Array.from({ length: noisePictures }, (_, stream) => noise(stream, 0, 256)),
    noise(noisePictures, 200, 2),
    oneBrightPixel(size, height, width),
  ];
  return { images: Buffer.concat(list), count: list.length };
}

/** All 100 but one value in the middle: σ = 1/√n exactly at the floor. */
function oneBrightPixel(size: number, height: number, width: number): Uint8Array {
  const picture = new Uint8Array(size).fill(100);
  picture[((height >> 1) * width + (width >> 1)) * 3] = 101;
  return picture;
}
