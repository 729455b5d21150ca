import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromFloat16, largestFloat16, toFloat16 } from '../../onnx/float16.js';

const bits = (...values: number[]) => [...toFloat16(Float32Array.from(values))];

test('every float16 comes back as itself', () => {
  const all = Uint16Array.from({ length: 0x1_0000 }, (_, index) => index);
  const back = toFloat16(fromFloat16(all));
  for (const [index, one] of all.entries()) {
    const isNoNumber = (one & 0x7fff) > 0x7c00; // which NaN, and of which sign, is nobody's business
    if (isNoNumber) assert.equal(back[index]! & 0x7fff, 0x7e00);
    else assert.equal(back[index], one);
  }
});

test('what lies halfway goes to the even neighbour, what lies beyond to the nearer', () => {
  const [below, above] = [fromFloat16(Uint16Array.of(0x3c00)), fromFloat16(Uint16Array.of(0x3c01))].map(
    ([value]) => value!,
  ) as [number, number];
  const half = (below + above) / 2;
  const ulp = 2 ** -23;
  assert.deepEqual(bits(half, half + ulp, half - ulp), [0x3c00, 0x3c01, 0x3c00]);
  assert.deepEqual(bits(above + (above - below) / 2), [0x3c02], 'the even one may be the larger');
});

test('numbers too small to be normal keep what bits there are', () => {
  assert.deepEqual(bits(2 ** -24, -(2 ** -24), 2 ** -25, 2 ** -25 * 1.001), [0x0001, 0x8001, 0, 0x0001]);
  assert.deepEqual(bits(3 * 2 ** -25, 2 ** -14 - 2 ** -26, 1e-30, -0), [0x0002, 0x0400, 0, 0x8000]);
});

test('numbers too large become infinite, and not before', () => {
  assert.deepEqual(bits(largestFloat16, 65_519.996, 65_520, -65_520), [0x7bff, 0x7bff, 0x7c00, 0xfc00]);
  assert.deepEqual(bits(Number.POSITIVE_INFINITY, 3e38), [0x7c00, 0x7c00]);
  assert.deepEqual(bits(Number.NaN), [0x7e00]);
});
