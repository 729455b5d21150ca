import sharp from 'sharp';
import type { SamplePicture } from './sample-pictures.js';

/** What a PNG can hold: channels, bits of each, and whether colours are looked up. */
const kinds = [
  { name: 'rgb', channels: 3, depth: 8 },
  { name: 'alpha', channels: 4, depth: 8 },
  { name: 'grey', channels: 1, depth: 8 },
  { name: 'grey and alpha', channels: 2, depth: 8 },
  { name: 'palette', channels: 3, depth: 8 },
  { name: '16 bit rgb', channels: 3, depth: 16 },
  { name: '16 bit alpha', channels: 4, depth: 16 },
  { name: '16 bit grey', channels: 1, depth: 16 },
] as const;

type Kind = (typeof kinds)[number];

/** Sizes that chance would miss: the extremes, odd ones, and the longest strips. */
const corners = [
  [32, 32],
  [33, 32],
  [1200, 1200],
  [1200, 32],
  [32, 1200],
  [1199, 801],
  [37, 1123],
  [63, 65],
] as const;

/** mulberry32, a published generator of 32 bits of state. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A side of 32 to 1,200 pixels; half of them are below 51. */
const side = (random: () => number): number => Math.round(32 * (1200 / 32) ** (random() ** 3));

/** Values from -0.5 to 0.5 for all pictures to share. */
const noise = Float64Array.from({ length: 4099 }, generator(4099)).map((value) => value - 0.5);

/** Waves of a few colours with noise on them, [height, width, channels]: sharp edges and smooth areas both. */
function pixels(width: number, height: number, { channels, depth }: Kind, random: () => number) {
  const values = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  const max = 2 ** depth - 1;
  const loudness = random() * 0.5;
  const shift = Math.floor(random() * noise.length);
  const waves = Array.from({ length: channels }, () => ({
    x: random() * 12,
    y: random() * 12,
    at: random() * 6,
  }));
  const columns = waves.map(({ x, at }) =>
    Float64Array.from({ length: width }, (_, column) => Math.sin((x * column) / width + at)),
  );
  for (let y = 0, next = 0; y < height; y += 1) {
    const rows = waves.map((wave) => Math.cos((wave.y * y) / height - wave.at));
    for (let x = 0; x < width; x += 1) {
      for (let channel = 0; channel < channels; channel += 1, next += 1) {
        const wave = rows[channel]! * columns[channel]![x]!;
        const value = 0.5 + 0.5 * wave + loudness * noise[(next + shift) % noise.length]!;
        values[next] = max * Math.min(1, Math.max(0, value));
      }
    }
  }
  return values;
}

function draw(index: number) {
  const random = generator(index);
  const kind = kinds[index % kinds.length]!;
  const corner = corners[index];
  const [width, height] = corner ?? [side(random), side(random)];
  const { channels, depth, name } = kind;
  const raw = { width, height, channels };
  const image = sharp(pixels(width, height, kind, random), { raw });
  const space = channels < 3 ? (depth === 16 ? 'grey16' : 'b-w') : depth === 16 ? 'rgb16' : 'srgb';
  return { image: image.toColourspace(space), name: `${index} ${name} ${width}x${height}`, kind };
}

/** `count` PNGs of every kind and of 32 to 1,200 pixels, the same ones each time. */
export function agreementPngs(count: number): Promise<SamplePicture[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const { image, name, kind } = draw(index);
      const palette = kind.name === 'palette';
      const buffer = await image
        .png({ compressionLevel: 0, ...(palette && { palette, effort: 1 }) })
        .toBuffer(); // soon made
      return { name, mimeType: 'image/png', buffer };
    }),
  );
}

/** `count` JPEGs, of qualities from 50 to 95, with and without subsampled colours. */
export function agreementJpegs(count: number): Promise<SamplePicture[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const { image, name } = draw(index * kinds.length); // rgb
      const chromaSubsampling = index % 2 === 0 ? '4:2:0' : '4:4:4';
      const buffer = await image.jpeg({ quality: 50 + ((index * 7) % 46), chromaSubsampling }).toBuffer();
      return { name: `${name}, jpeg`, mimeType: 'image/jpeg', buffer };
    }),
  );
}
