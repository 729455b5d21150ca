import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { decode, encode, type PngDataArray } from 'fast-png';
import sharp from 'sharp';
import { toFrame } from '../../images/frame.js';
import { decodeSmallPng, isSmallPng, smallPngToFrame } from '../../images/small-png.js';
import { chunk, png } from '../fixtures/png.js';

type Bits = 1 | 2 | 4 | 8;

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) ^ (i >> 3));
}

/** A plain PNG with random samples; each row gets the next of the five filters' numbers (any bytes are valid). */
function randomPng(colourType: number, depth: Bits, channels: number, extra: Uint8Array[] = []): Uint8Array {
  const [width, height] = [13, 11];
  const rowBytes = Math.ceil((width * channels * depth) / 8);
  const rows = noise((rowBytes + 1) * height);
  for (let y = 0; y < height; y += 1) rows[y * (rowBytes + 1)] = y % 5;
  return png({ width, height, depth, colourType, before: extra, rows });
}

async function bySharp(file: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(
    await sharp(file).toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer(),
  );
}

const palette = (entries: number) => chunk('PLTE', noise(entries * 3));
const cases: readonly (readonly [string, Uint8Array])[] = [
  ['RGB', randomPng(2, 8, 3)],
  ['RGBA', randomPng(6, 8, 4)],
  ['RGB with tRNS', randomPng(2, 8, 3, [chunk('tRNS', Uint8Array.of(0, 7, 0, 8, 0, 9))])],
  ['grey and alpha', randomPng(4, 8, 2)],
  ...([1, 2, 4, 8] as const).flatMap((depth): [string, Uint8Array][] => [
    [`grey, ${depth} bit`, randomPng(0, depth, 1)],
    [`grey with tRNS, ${depth} bit`, randomPng(0, depth, 1, [chunk('tRNS', Uint8Array.of(0, 1))])],
    [`palette, ${depth} bit`, randomPng(3, depth, 1, [palette(2 ** depth)])],
    [
      `palette with tRNS, ${depth} bit`,
      randomPng(3, depth, 1, [palette(2 ** depth), chunk('tRNS', noise(2))]),
    ],
  ]),
];

for (const [name, file] of cases) {
  test(`${name}: the same pixels as sharp`, async () => {
    const pixels = decodeSmallPng(file);
    assert.ok(pixels !== undefined && isSmallPng(file));
    assert.deepEqual([pixels.width, pixels.height], [13, 11]);
    assert.deepEqual(pixels.data, await bySharp(file));
    for (const [height, width] of [
      [11, 13],
      [6, 6],
    ] as const) {
      assert.deepEqual(smallPngToFrame(file, height, width), toFrame(pixels, height, width));
    }
  });
}

test('what sharp and fast-png write, filters and all, is read back', async () => {
  const rgb = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => 128 + 100 * Math.sin(i / 90));
  const raw = { raw: { width: 64, height: 64, channels: 3 as const } };
  for (const file of [
    await sharp(rgb, raw).png({ adaptiveFiltering: true }).toBuffer(),
    await sharp(rgb, raw).png({ palette: true }).toBuffer(),
    encode({ width: 64, height: 64, data: rgb, channels: 3 }),
  ]) {
    assert.deepEqual(decodeSmallPng(file)?.data, await bySharp(file));
  }
});

test('control: a file in which one sample differs gives other pixels', () => {
  const rgb: PngDataArray = noise(4 * 4 * 3);
  const file = encode({ width: 4, height: 4, data: rgb, channels: 3 });
  assert.deepEqual(decode(file).data, rgb);
  rgb[7]! ^= 1;
  const other = encode({ width: 4, height: 4, data: rgb, channels: 3 });
  assert.notDeepEqual(decodeSmallPng(file)?.data, decodeSmallPng(other)?.data);
});

const plain = randomPng(2, 8, 3);
const rgbRows = new Uint8Array((13 * 3 + 1) * 11);
const small = { width: 13, height: 11, depth: 8, colourType: 2, rows: rgbRows } as const;
const leftToSharp: readonly (readonly [string, Uint8Array])[] = [
  ['no bytes', new Uint8Array(0)],
  ['a cut file', plain.subarray(0, plain.length - 20)],
  ['a file without its end', plain.subarray(0, plain.length - 12)],
  ['16 bits', png({ ...small, depth: 16, rows: new Uint8Array((13 * 6 + 1) * 11) })],
  ['interlacing', png({ ...small, interlace: 1 })],
  [
    'more than 128×128 pixels',
    png({ ...small, width: 129, height: 128, rows: new Uint8Array((129 * 3 + 1) * 128) }),
  ],
  ['a colour profile', png({ ...small, before: [chunk('iCCP', noise(20))] })],
  ['a gamma', png({ ...small, before: [chunk('gAMA', Uint8Array.of(0, 0, 0x80, 0))] })],
  ['EXIF', png({ ...small, before: [chunk('eXIf', noise(8))] })],
  ['animation', png({ ...small, before: [chunk('acTL', noise(8))] })],
  ['a palette that is too short', randomPng(3, 8, 1, [palette(3)])],
  [
    'a palette behind the pixels',
    png({ ...small, colourType: 3, rows: new Uint8Array(14 * 11), after: [palette(9)] }),
  ],
  ['an unknown filter', png({ ...small, rows: rgbRows.map((_, i) => (i === 0 ? 5 : 0)) })],
  ['too few rows', png({ ...small, rows: rgbRows.subarray(40) })],
  ['a small file that unfolds to 64 MB', png({ ...small, data: deflateSync(new Uint8Array(64 << 20)) })],
  ['a wrong checksum', plain.map((byte, i) => (i === 29 ? byte ^ 1 : byte))],
];

for (const [name, file] of leftToSharp) {
  test(`${name} is left to sharp`, () => {
    assert.equal(decodeSmallPng(file), undefined);
    assert.equal(smallPngToFrame(file, 11, 13), undefined);
  });
}
