import { encode } from 'fast-png';
import sharp, { type Sharp } from 'sharp';
import { chunk } from '../fixtures/png.js';

export interface SamplePicture {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Smooth colours with noise on them, seeded: `channels` values of 0 … `max` a pixel. */
function pattern(width: number, height: number, channels: number, max: number): Uint16Array {
  const values = new Uint16Array(width * height * channels);
  let state = width * 73_856_093 + height * 19_349_663 + channels;
  for (let at = 0; at < values.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const pixel = Math.floor(at / channels);
    const [x, y, c] = [pixel % width, Math.floor(pixel / width), at % channels];
    const wave = Math.sin((x / width) * 5 + c) * Math.cos((y / height) * 4 - c);
    values[at] = Math.round(max * Math.min(1, Math.max(0, 0.5 + 0.4 * wave + 0.4 * (state / 2 ** 32 - 0.5))));
  }
  return values;
}

type Channels = 1 | 2 | 3 | 4;

function raw(width: number, height: number, channels: Channels): Sharp {
  const image = sharp(Uint8Array.from(pattern(width, height, channels, 255)), {
    raw: { width, height, channels },
  });
  return channels < 3 ? image.toColourspace('b-w') : image;
}

const png = (name: string, image: Sharp): Promise<SamplePicture> =>
  image
    .png()
    .toBuffer()
    .then((buffer) => ({ name: `${name}.png`, mimeType: 'image/png', buffer }));

function deepPng(width: number, height: number, channels: Channels): SamplePicture {
  const data = pattern(width, height, channels, 65_535);
  const buffer = Buffer.from(encode({ width, height, channels, depth: 16, data }));
  return { name: `16 bit ${channels} channels ${width}x${height}.png`, mimeType: 'image/png', buffer };
}

/** The same pixels, with a chunk behind the header that browsers obey and libvips does not. */
function withChunk(picture: SamplePicture, name: string, body: Uint8Array): SamplePicture {
  const { buffer } = picture;
  const behindHeader = 33;
  return {
    ...picture,
    name: `${name} ${picture.name}`,
    buffer: Buffer.concat([
      buffer.subarray(0, behindHeader),
      chunk(name, body),
      buffer.subarray(behindHeader),
    ]),
  };
}

/** PNGs of every kind that a visitor may have, 20 to 1,200 pixels. */
export async function losslessPictures(): Promise<SamplePicture[]> {
  const plain = await png('rgb 64x48', raw(64, 48, 3));
  return [
    await png('rgb 20x20', raw(20, 20, 3)),
    await png('rgb 32x32', raw(32, 32, 3)),
    await png('alpha 32x32', raw(32, 32, 4)),
    await png('alpha 33x21', raw(33, 21, 4)),
    await png('grey 48x31', raw(48, 31, 1)),
    await png('grey and alpha 100x37', raw(100, 37, 2)),
    deepPng(64, 64, 3),
    deepPng(33, 97, 4),
    deepPng(50, 40, 1),
    deepPng(40, 50, 2),
    await png(
      'palette 200x150',
      sharp(await raw(200, 150, 3).png({ palette: true, colours: 32 }).toBuffer()),
    ),
    await png('rgb 1200x900', raw(1200, 900, 3)),
    await png('alpha 1200x700', raw(1200, 700, 4)),
    await png('wide 1200x45', raw(1200, 45, 3)),
    await png('tall 31x1100', raw(31, 1100, 4)),
    withChunk(plain, 'gAMA', Uint8Array.of(0, 1, 0x86, 0xa0)),
    withChunk(plain, 'cICP', Uint8Array.of(12, 13, 0, 1)),
    {
      name: 'interlaced 150x100.png',
      mimeType: 'image/png',
      buffer: await raw(150, 100, 4).png({ progressive: true }).toBuffer(),
    },
    {
      name: 'turned 90x60.png',
      mimeType: 'image/png',
      buffer: await raw(90, 60, 3).withMetadata({ orientation: 6 }).png().toBuffer(),
    },
  ];
}

/** Formats whose decoders may differ by a level, and pictures with a colour profile. */
export async function lossyPictures(): Promise<SamplePicture[]> {
  const jpeg = { mimeType: 'image/jpeg' };
  const webp = { mimeType: 'image/webp' };
  return [
    { ...jpeg, name: 'plain 300x200.jpg', buffer: await raw(300, 200, 3).jpeg().toBuffer() },
    { ...jpeg, name: 'grey 64x64.jpg', buffer: await raw(64, 64, 1).jpeg().toBuffer() },
    {
      ...jpeg,
      name: 'progressive 640x480.jpg',
      buffer: await raw(640, 480, 3).jpeg({ progressive: true }).toBuffer(),
    },
    {
      ...jpeg,
      name: 'turned 200x120.jpg',
      buffer: await raw(200, 120, 3).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    },
    { ...jpeg, name: 'P3 80x60.jpg', buffer: await raw(80, 60, 3).withIccProfile('p3').jpeg().toBuffer() },
    { ...webp, name: 'plain 300x200.webp', buffer: await raw(300, 200, 3).webp().toBuffer() },
    { ...webp, name: 'alpha 60x80.webp', buffer: await raw(60, 80, 4).webp({ lossless: true }).toBuffer() },
    {
      name: 'P3 alpha 64x64.png',
      mimeType: 'image/png',
      buffer: await raw(64, 64, 4).withIccProfile('p3').png().toBuffer(),
    },
  ];
}
