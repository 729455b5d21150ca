import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter, type Distortions } from '../../data/distortions.js';

/** Each pixel tells where it is: red its row, green its column. */
const side = 32;
const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
  const place = Math.floor(i / 3);
  return [Math.floor(place / side), place % side, 0][i % 3]!;
});

/** Rows and columns at which the crops of so many examples begin. */
function corners(distortions: Distortions, examples = 2000): readonly string[] {
  const distorter = createDistorter(distortions, { height: side, width: side });
  const slot = new Float32Array(3 * distorter.height * distorter.width);
  return Array.from({ length: examples }, (_, example) => {
    distorter.distort(pixels, { seed: 5, epoch: 1, example }, slot);
    return `${slot[0]},${slot[distorter.height * distorter.width]}`;
  });
}

const places = (from: number, to: number) => {
  const range = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return range.flatMap((row) => range.map((column) => `${row},${column}`)).sort();
};

test('a random crop comes to lie anywhere, or as near to the centre as its reach says', () => {
  const crop = { kind: 'random-crop', height: 24, width: 24 } as const;
  const distinct = (reach?: number) =>
    [...new Set(corners([reach === undefined ? crop : { ...crop, reach }]))].sort();
  assert.deepEqual(distinct(), places(0, 8));
  assert.deepEqual(distinct(2), places(2, 6));
  assert.deepEqual(distinct(0), ['4,4']);
});

test('a reach beyond the edges changes nothing, and all places are as likely', () => {
  const crop = { kind: 'random-crop', height: 24, width: 24 } as const;
  assert.deepEqual(corners([{ ...crop, reach: 99 }]), corners([crop]));
  const counts = new Map<string, number>();
  for (const corner of corners([{ ...crop, reach: 1 }], 9000)) {
    counts.set(corner, (counts.get(corner) ?? 0) + 1);
  }
  // Nine places of a thousand each; 31 is their standard deviation.
  for (const [corner, count] of counts) assert.ok(Math.abs(count - 1000) < 150, `${corner}: ${count}`);
});

test('a crop of the whole picture has one place, whatever its reach', () => {
  assert.deepEqual(
    [...new Set(corners([{ kind: 'random-crop', height: 32, width: 32, reach: 2 }]))],
    ['0,0'],
  );
});
