import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { readPictureHeader } from '../../clients/browser/picture-header.js';

const plain = (width = 37, height = 21): Sharp =>
  sharp({ create: { width, height, channels: 4, background: { r: 9, g: 99, b: 199, alpha: 0.5 } } });

test('size, profile and EXIF are read as libvips reads them', async () => {
  const variants = [
    plain().png(),
    plain().png({ progressive: true, palette: true }),
    plain().withIccProfile('p3').png(),
    plain().withMetadata({ orientation: 6 }).png(),
    plain().flatten().jpeg(),
    plain().flatten().jpeg({ progressive: true }),
    plain().flatten().withIccProfile('p3').jpeg(),
    plain().flatten().withMetadata({ orientation: 3 }).jpeg(),
    plain().webp(),
    plain().flatten().webp(),
    plain().webp({ lossless: true }),
    plain(1000, 1).webp({ lossless: true }),
    plain(1, 700).flatten().webp(),
    plain().withIccProfile('p3').webp(),
    plain().withMetadata({ orientation: 8 }).webp({ lossless: true }),
  ];
  for (const [number, variant] of variants.entries()) {
    const bytes = await variant.toBuffer();
    const { format, width, height, icc, exif } = await sharp(bytes).metadata();
    assert.ok(format === 'png' || format === 'jpeg' || format === 'webp');
    assert.deepEqual(
      readPictureHeader(bytes, format),
      { format, width, height, profile: icc !== undefined, exif: exif !== undefined },
      `variant ${number}, ${format}`,
    );
  }
});

test('a header cut anywhere is refused or read whole, and never read beyond its end', async () => {
  const files = { png: plain().png(), jpeg: plain().flatten().jpeg(), webp: plain().webp() } as const;
  for (const format of ['png', 'jpeg', 'webp'] as const) {
    const bytes = await files[format].toBuffer();
    for (let length = 0; length < bytes.length; length += 1) {
      const header = readPictureHeader(bytes.subarray(0, length), format);
      assert.ok(
        header === undefined || (header.width === 37 && header.height === 21),
        `${format}, ${length} bytes`,
      );
    }
    assert.equal(readPictureHeader(bytes, format)?.width, 37); // the control
  }
});
