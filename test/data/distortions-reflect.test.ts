import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter, type Distortions } from '../../data/distortions.js';

/** One row whose values tell the columns: 10, 20, 30, 40, in all three channels, `height` times. */
function columns(height: number): Uint8Array {
  return Uint8Array.from({ length: height * 4 * 3 }, (_, i) => 10 * ((Math.floor(i / 3) % 4) + 1));
}

function rowsOf(distortions: Distortions, pixels: Uint8Array, height: number, example = 0): number[][] {
  const distorter = createDistorter(distortions, { height, width: 4 });
  const slot = new Float32Array(3 * distorter.height * distorter.width);
  distorter.distort(pixels, { seed: 4, epoch: 0, example }, slot);
  return Array.from({ length: distorter.height }, (_, row) =>
    Array.from(slot.subarray(row * distorter.width, (row + 1) * distorter.width)),
  );
}

test('padding mirrors what lies behind an edge, and not the edge itself', () => {
  const [row] = rowsOf([{ kind: 'reflect-pad', by: 2 }], columns(3), 3);
  assert.deepEqual(row, [30, 20, 10, 20, 30, 40, 30, 20]);
});

test('it mirrors rows as it mirrors columns', () => {
  const pixels = Uint8Array.from({ length: 3 * 4 * 3 }, (_, i) => Math.floor(i / 12) + 1);
  const rows = rowsOf([{ kind: 'reflect-pad', by: 1 }], pixels, 3);
  assert.deepEqual(
    rows.map(([first]) => first),
    [2, 1, 2, 3, 2],
  );
});

test('a crop after it moves the picture by at most as many pixels, to each place', () => {
  const seen = new Set<string>();
  for (let example = 0; example < 200; example += 1) {
    const distortions: Distortions = [
      { kind: 'reflect-pad', by: 1 },
      { kind: 'random-crop', height: 3, width: 4 },
    ];
    seen.add(rowsOf(distortions, columns(3), 3, example)[0]!.join(' '));
  }
  assert.deepEqual(seen, new Set(['20 10 20 30', '10 20 30 40', '20 30 40 30']));
});

test('a mirrored picture is padded alike', () => {
  const flip: Distortions = [{ kind: 'alternating-flip' }, { kind: 'reflect-pad', by: 1 }];
  const seen = new Set(
    Array.from({ length: 20 }, (_, example) => rowsOf(flip, columns(3), 3, example)[0]!.join(' ')),
  );
  assert.deepEqual(seen, new Set(['20 10 20 30 40 30', '30 40 30 20 10 20']));
});

test('more than the picture has to mirror is refused', () => {
  assert.throws(() => createDistorter([{ kind: 'reflect-pad', by: 4 }], { height: 9, width: 4 }), RangeError);
});

test('normalising takes each channel to its own mean and deviation', () => {
  const distorter = createDistorter([{ kind: 'normalise', mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] }], {
    height: 1,
    width: 1,
  });
  const slot = new Float32Array(3);
  distorter.distort(Uint8Array.of(255, 0, 51), { seed: 0, epoch: 0, example: 0 }, slot);
  for (const [channel, expected] of [1, -1, 0.1].entries())
    assert.ok(Math.abs(slot[channel]! - expected) < 1e-6, `${slot[channel]}`);
});
