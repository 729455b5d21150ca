import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter, plainDistortions } from '../../data/distortions.js';
import { noisyPictures } from '../fixtures/pictures.js';

const source = { height: 32, width: 32 };

test('the plain path is the centre 24×24 with mean 0 and deviation 1, and ignores the key', () => {
  const pixels = noisyPictures(1, 32, 32);
  const cropOnly = createDistorter(plainDistortions.slice(0, 1), source);
  const crop = new Float32Array(3 * 24 * 24);
  cropOnly.distort(pixels, { seed: 0, epoch: 0, example: 0 }, crop);
  for (const [c, row, column] of [
    [0, 0, 0],
    [1, 23, 0],
    [2, 7, 23],
  ] as const) {
    assert.equal(crop[(c * 24 + row) * 24 + column], pixels[((row + 4) * 32 + column + 4) * 3 + c]);
  }

  const plain = createDistorter(plainDistortions, source);
  const [one, two] = [new Float32Array(crop.length), new Float32Array(crop.length)];
  plain.distort(pixels, { seed: 0, epoch: 0, example: 0 }, one);
  plain.distort(pixels, { seed: 1, epoch: 2, example: 3 }, two);
  assert.deepEqual(one, two);
  const mean = one.reduce((sum, x) => sum + x, 0) / one.length;
  const variance = one.reduce((sum, x) => sum + (x - mean) ** 2, 0) / one.length;
  assert.ok(Math.abs(mean) < 1e-6 && Math.abs(variance - 1) < 1e-5, `mean ${mean}, variance ${variance}`);
});

test('a picture of one colour becomes zero, and one of almost one colour is divided by 1/√n, not by less', () => {
  const plain = createDistorter(plainDistortions, source);
  const slot = new Float32Array(3 * 24 * 24);
  const pixels = new Uint8Array(3072).fill(200);
  plain.distort(pixels, { seed: 0, epoch: 0, example: 0 }, slot);
  assert.ok(slot.every((x) => x === 0));

  pixels[(16 * 32 + 16) * 3] = 201;
  // One value of n differs by 1: σ = √(n − 1)/n, just under 1/√n.
  plain.distort(pixels, { seed: 0, epoch: 0, example: 0 }, slot);
  const n = slot.length;
  assert.ok(Math.abs(slot[12 * 24 + 12]! - (1 - 1 / n) * Math.sqrt(n)) < 1e-4);
});

test('an even crop of an odd picture starts at the floor, as resize_image_with_crop_or_pad does', () => {
  const distorter = createDistorter([{ kind: 'centre-crop', height: 2, width: 2 }], { height: 5, width: 5 });
  const slot = new Float32Array(12);
  const pixels = Uint8Array.from({ length: 75 }, (_, i) => i);
  distorter.distort(pixels, { seed: 0, epoch: 0, example: 0 }, slot);
  assert.deepEqual([...slot.subarray(0, 4)], [18, 21, 33, 36]);
});
