import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { encodePng } from '../../images/encode-png.js';

test('another decoder finds the same pixels, whatever the shape', async () => {
  for (const [height, width] of [
    [1, 1],
    [3, 5],
    [32, 32],
    [7, 200],
  ] as const) {
    const frame = Uint8Array.from({ length: 3 * height * width }, (_, index) => (index * 97) % 251);
    const { data, info } = await sharp(await encodePng(frame, height, width))
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.height, info.width, info.channels], [height, width, 3]);
    assert.deepEqual(new Uint8Array(data), frame);
  }
});
