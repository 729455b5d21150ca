import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter, type Distortion } from '../../data/distortions.js';

/** One row of two pixels: flipped, the second comes first. */
const pixels = Uint8Array.of(1, 1, 1, 2, 2, 2);
const slot = new Float32Array(6);

function flipped(
  kind: Extract<Distortion['kind'], `${string}-flip`>,
  epoch: number,
  example: number,
): boolean {
  const distorter = createDistorter([{ kind }], { height: 1, width: 2 });
  distorter.distort(pixels, { seed: 11, epoch, example }, slot);
  return slot[0] === 2;
}

const examples = Array.from({ length: 400 }, (_, i) => i);

test('a random flip mirrors about half of the examples, drawn anew each epoch', () => {
  const [zero, one] = [0, 1].map((epoch) => examples.map((i) => flipped('random-flip', epoch, i)));
  for (const epoch of [zero!, one!]) {
    const share = epoch.filter(Boolean).length / examples.length;
    assert.ok(share > 0.4 && share < 0.6, `${share}`);
  }
  const kept = zero!.filter((side, i) => side === one![i]).length / examples.length;
  assert.ok(
    kept > 0.4 && kept < 0.6,
    `control: ${kept} kept their side, which an alternating flip would not`,
  );
});

test('an alternating flip mirrors a random half in epoch 0 and the other half in every odd epoch', () => {
  const first = examples.map((i) => flipped('alternating-flip', 0, i));
  const share = first.filter(Boolean).length / examples.length;
  assert.ok(share > 0.4 && share < 0.6, `${share}`);
  for (const epoch of [1, 2, 3, 4]) {
    const expected = epoch % 2 === 0 ? first : first.map((side) => !side);
    assert.deepEqual(
      examples.map((i) => flipped('alternating-flip', epoch, i)),
      expected,
    );
  }
});

test('a crop after a flip counts from the left edge as it is seen', () => {
  const wide = { height: 1, width: 5 };
  const row = Uint8Array.from({ length: 15 }, (_, i) => Math.floor(i / 3));
  const crop = createDistorter(
    [{ kind: 'alternating-flip' }, { kind: 'centre-crop', height: 1, width: 2 }],
    wide,
  );
  const seen = new Set<string>();
  for (const epoch of [0, 1]) {
    const cropped = new Float32Array(6);
    crop.distort(row, { seed: 0, epoch, example: 0 }, cropped);
    seen.add(cropped.subarray(0, 2).join());
  }
  // Unflipped 0 1 2 3 4 → 1 2; flipped 4 3 2 1 0 → 3 2.
  assert.deepEqual(seen, new Set(['1,2', '3,2']));
});
