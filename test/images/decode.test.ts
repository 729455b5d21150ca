import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { type ErrorCode, KilnError } from '../../errors/errors.js';
import { decodeImage, defaultLimits } from '../../images/decode.js';
import { sniff } from '../../images/sniff.js';
import { png } from '../fixtures/png.js';

const [width, height] = [12, 8];

/** Left half red, right half blue, the top row green: any turn or mirroring shows. */
const flag = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
  const [y, x, c] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3];
  const colour = y < 2 ? [0, 200, 0] : x < width / 2 ? [220, 0, 0] : [0, 0, 240];
  return colour[c]!;
});
const picture = () => sharp(flag, { raw: { width, height, channels: 3 } });

function pixelAt(pixels: { width: number; data: ArrayLike<number> }, x: number, y: number): number[] {
  return Array.from({ length: 4 }, (_, c) => pixels.data[(y * pixels.width + x) * 4 + c]!);
}

function assertNear(received: readonly number[], expected: readonly number[], tolerance: number): void {
  const close = expected.every((value, i) => Math.abs(value - received[i]!) <= tolerance);
  assert.ok(close, `${received} is not within ${tolerance} of ${expected}`);
}

function refuses(code: ErrorCode, received: RegExp, bytes: Uint8Array) {
  return assert.rejects(decodeImage(bytes), (error) => {
    assert.ok(error instanceof KilnError, String(error));
    assert.equal(error.code, code);
    assert.match(error.received, received);
    return true;
  });
}

// What each encoder may lose: nothing, or a little colour at the borders.
const formats = {
  PNG: { file: () => picture().png(), tolerance: 0 },
  'interlaced PNG': { file: () => picture().png({ progressive: true }), tolerance: 0 },
  'lossless WebP': { file: () => picture().webp({ lossless: true }), tolerance: 0 },
  JPEG: { file: () => picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }), tolerance: 6 },
  'progressive JPEG': {
    file: () => picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4', progressive: true }),
    tolerance: 6,
  },
  'a PNG with a colour profile': { file: () => picture().withIccProfile('srgb').png(), tolerance: 3 },
};

for (const [name, { file, tolerance }] of Object.entries(formats)) {
  test(`${name} decodes`, async () => {
    const pixels = await decodeImage(await file().toBuffer());
    assert.deepEqual([pixels.width, pixels.height], [width, height]);
    assertNear(pixelAt(pixels, 1, 0), [0, 200, 0, 255], tolerance);
    assertNear(pixelAt(pixels, 1, 6), [220, 0, 0, 255], tolerance);
    assertNear(pixelAt(pixels, 10, 6), [0, 0, 240, 255], tolerance);
  });
}

test('CMYK is converted: the print gamut is smaller, the hues stay', async () => {
  const file = await picture().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  assert.equal((await sharp(file).metadata()).space, 'cmyk');
  const pixels = await decodeImage(file);
  const [green, red, blue] = [pixelAt(pixels, 1, 0), pixelAt(pixels, 1, 6), pixelAt(pixels, 10, 6)];
  assert.ok(green[1]! > 1.5 * Math.max(green[0]!, green[2]!), String(green));
  assert.ok(red[0]! > 2 * Math.max(red[1]!, red[2]!), String(red));
  assert.ok(blue[2]! > 1.5 * Math.max(blue[0]!, blue[1]!), String(blue));
});

test('16 bits become 8', async () => {
  const data = Uint16Array.of(0, 0x80ff, 0xffff, 0x1234, 0xabcd, 0x00ff);
  const pixels = await decodeImage(encode({ width: 2, height: 1, data, depth: 16, channels: 3 }));
  assertNear(pixelAt(pixels, 0, 0), [0, 0x80, 255, 255], 1);
  assertNear(pixelAt(pixels, 1, 0), [0x12, 0xab, 0, 255], 1);
});

test('grey and alpha come out as RGBA', async () => {
  const greys = encode({ width: 2, height: 1, data: Uint8Array.of(17, 230), channels: 1 });
  assert.deepEqual(pixelAt(await decodeImage(greys), 1, 0), [230, 230, 230, 255]);
  const greyJpeg = await sharp(greys)
    .resize(16, 16, { kernel: 'nearest' })
    .greyscale()
    .jpeg({ quality: 100 })
    .toBuffer();
  assertNear(pixelAt(await decodeImage(greyJpeg), 1, 1), [17, 17, 17, 255], 3);
  const clear = await sharp({ create: { width: 300, height: 1, channels: 4, background: '#11223380' } }).webp(
    { lossless: true },
  );
  assert.deepEqual(pixelAt(await decodeImage(await clear.toBuffer()), 299, 0), [0x11, 0x22, 0x33, 0x80]);
});

test('of an animation the first picture counts', async () => {
  const frames = Buffer.concat([flag, new Uint8Array(flag.length).fill(255)]);
  const animated = await sharp(frames, {
    raw: { width, height: height * 2, channels: 3, pageHeight: height },
  })
    .webp({ lossless: true, delay: [100, 100] })
    .toBuffer();
  assert.equal((await sharp(animated).metadata()).pages, 2);
  const pixels = await decodeImage(animated);
  assert.deepEqual([pixels.width, pixels.height], [width, height]);
  assert.deepEqual(pixelAt(pixels, 1, 6), [220, 0, 0, 255]);
});

test('EXIF orientation is applied', async () => {
  const turned = await picture().withMetadata({ orientation: 6 }).png().toBuffer(); // show turned right by 90°
  const pixels = await decodeImage(turned);
  assert.deepEqual([pixels.width, pixels.height], [height, width]);
  assert.deepEqual(pixelAt(pixels, 7, 0), [0, 200, 0, 255]); // the top row is the right column now
  assert.deepEqual(pixelAt(pixels, 0, 0), [220, 0, 0, 255]);
  assert.deepEqual(pixelAt(pixels, 0, 11), [0, 0, 240, 255]);
});

test('0 bytes', () => refuses('IMAGE_UNDECODABLE', /^0 bytes$/, new Uint8Array(0)));

test('bytes that are no picture', () =>
  refuses('UNSUPPORTED_IMAGE', /5 bytes .* 68656c6c6f/, Buffer.from('hello')));

test('a picture of another format is refused by its name', async () => {
  await refuses('UNSUPPORTED_IMAGE', /^gif$/, await picture().gif().toBuffer());
  await refuses('UNSUPPORTED_IMAGE', /^tiff$/, await picture().tiff().toBuffer());
  assert.equal(sniff(await picture().avif().toBuffer()), 'avif');
});

for (const format of ['png', 'jpeg', 'webp'] as const) {
  test(`a cut or damaged ${format} is refused`, async () => {
    const noise = Uint8Array.from({ length: 200 * 200 * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
    const file = await sharp(noise, { raw: { width: 200, height: 200, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    for (const length of [12, 40, file.length >> 1, file.length - 20]) {
      await refuses('IMAGE_UNDECODABLE', /./, file.subarray(0, length));
    }
  });
}

test('a small PNG with damaged pixels is refused', async () => {
  const file = await picture().png().toBuffer();
  const at = file.indexOf('IDAT') + 10;
  file.fill(0xff, at, at + 6);
  await refuses('IMAGE_UNDECODABLE', /./, file);
});

test('30,000×30,000 is refused by its header, before anything is decoded', async () => {
  const claim = { width: 30_000, height: 30_000, depth: 8, colourType: 2, rows: new Uint8Array(100) };
  await refuses('IMAGE_TOO_LARGE', /^30000×30000 = 900000000 pixels$/, png(claim));
});

test('the limit counts pixels, and also for small plain pictures', async () => {
  const file = await picture().png().toBuffer();
  await decodeImage(file, { maxPixels: width * height });
  await assert.rejects(decodeImage(file, { maxPixels: width * height - 1 }), { code: 'IMAGE_TOO_LARGE' });
  assert.equal(defaultLimits.maxPixels, 50_000_000);
});
