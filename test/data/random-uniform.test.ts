import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniform } from '../../data/random.js';

/** Pearson's χ² of `count` draws over 100 equal bins; its mean is 99, and it passes 160 once in 10,000 times. */
function chiSquare(count: number, draw: (index: number) => number): number {
  const bins = new Float64Array(100);
  for (let i = 0; i < count; i++) {
    const value = draw(i);
    assert.ok(value >= 0 && value < 1, `${value} lies outside [0, 1)`);
    bins[Math.floor(value * 100)]!++;
  }
  const expected = count / 100;
  return bins.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
}

test('draws fill [0, 1) evenly along every counter and along seeds', () => {
  assert.ok(chiSquare(20_000, (i) => uniform(7, i)) < 160);
  assert.ok(chiSquare(20_000, (i) => uniform(7, 1, i)) < 160);
  assert.ok(chiSquare(20_000, (i) => uniform(7, 1, 2, i)) < 160);
  assert.ok(chiSquare(20_000, (i) => uniform(7, 1, 2, 3, i)) < 160);
  assert.ok(chiSquare(20_000, (i) => uniform(i, 1, 2, 3)) < 160);
});

test('control: squared draws are found uneven', () => {
  assert.ok(chiSquare(20_000, (i) => uniform(7, i) ** 2) > 160);
});

test('a draw depends on its arguments alone, not on what was drawn before', () => {
  const forwards = Array.from({ length: 50 }, (_, i) => uniform(3, i, 50 - i));
  const backwards = Array.from({ length: 50 }, (_, i) => uniform(3, 49 - i, i + 1)).reverse();
  assert.deepEqual(forwards, backwards);
});
