import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter } from '../../data/distortions.js';
import { noisyPictures } from '../fixtures/pictures.js';

test("cutout sets one square of each plane to the plane's mean and leaves the rest", () => {
  const source = { height: 24, width: 24 };
  const pixels = noisyPictures(1, 24, 24);
  const before = new Float32Array(3 * 576);
  createDistorter([], source).distort(pixels, { seed: 0, epoch: 0, example: 0 }, before);
  const distorter = createDistorter([{ kind: 'cutout', size: 8 }], source);

  const corners = new Set<string>();
  for (let example = 0; example < 100; example++) {
    const after = new Float32Array(before.length);
    distorter.distort(pixels, { seed: 0, epoch: 0, example }, after);
    const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
    const rows = changed.map((i) => Math.floor((i % 576) / 24));
    const columns = changed.map((i) => i % 24);
    const [top, left] = [Math.min(...rows), Math.min(...columns)];
    assert.deepEqual([Math.max(...rows) - top, Math.max(...columns) - left], [7, 7]);
    corners.add(`${top},${left}`);
    for (const c of [0, 1, 2]) {
      const plane = before.subarray(c * 576, (c + 1) * 576);
      const mean = plane.reduce((sum, x) => sum + x, 0) / 576;
      for (let i = 0; i < 64; i++) {
        const at = c * 576 + (top + Math.floor(i / 8)) * 24 + left + (i % 8);
        assert.ok(Math.abs(after[at]! - mean) < 1e-4);
      }
    }
  }
  assert.ok(corners.size > 60, `the square moves: ${corners.size} places`);
});
