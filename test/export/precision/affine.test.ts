import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affine, quantiseChannels } from '../../../export/precision/affine.js';
import { roundToEven } from '../../../onnx/rounding.js';

test('a grid holds zero and reaches both ends of its range', () => {
  for (const range of [
    { low: 0, high: 6 },
    { low: -1, high: 1 },
    { low: -0.17, high: 9.3 },
    { low: -5, high: 0 },
  ]) {
    const { scale, zeroPoint } = affine(range);
    assert.ok(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255);
    assert.ok(Math.abs(scale * (0 - zeroPoint) - range.low) <= scale / 2 + 1e-6);
    assert.ok(Math.abs(scale * (255 - zeroPoint) - range.high) <= scale / 2 + 1e-6);
  }
  assert.deepEqual(
    affine({ low: 0, high: 0 }),
    { scale: 1, zeroPoint: 0 },
    'an activation that is never but 0',
  );
});

test('halves are rounded to even, below zero too', () => {
  assert.deepEqual(
    [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6].map(roundToEven),
    [0, 2, 2, 0, -2, -2, 2, -3].map(withoutSign),
  );
});

const options = { dims: [2, 3], axis: 0, largest: 64, leastScale: () => 0 };
const weights = Float32Array.of(64, -32, 1, 0.064, -0.032, 0.001); // two channels, one a thousandth of the other

/** Largest error of what the integers stand for, as a share of the largest weight of its channel. */
function relativeErrors(axis: number | undefined): number[] {
  const { values, scales } = quantiseChannels(weights, { ...options, axis });
  const errors = Array.from(values, (value, index) =>
    Math.abs(value * scales[axis === undefined ? 0 : Math.floor(index / 3)]! - weights[index]!),
  );
  return [Math.max(...errors.slice(0, 3)) / 64, Math.max(...errors.slice(3)) / 0.064];
}

test('each channel has its own scale, or the small ones would be lost', () => {
  const half = 0.5 / 64;
  assert.ok(relativeErrors(0).every((error) => error <= half));
  assert.ok(relativeErrors(undefined)[1]! > 0.9, 'control: one scale for all');
});

test('channels are counted along any axis', () => {
  const turned = Float32Array.of(64, 0.064, -32, -0.032, 1, 0.001); // [3, 2]
  const { values, scales } = quantiseChannels(turned, { ...options, dims: [3, 2], axis: 1 });
  assert.deepEqual([...values], [64, 64, -32, -32, 1, 1]);
  assert.deepEqual(scales, quantiseChannels(weights, options).scales);
});

test('a channel without weights has a scale all the same, and one may be made coarser', () => {
  const { values, scales } = quantiseChannels(new Float32Array(6), options);
  assert.deepEqual([...scales], [1, 1]);
  assert.ok(values.every((value) => value === 0));
  const coarse = quantiseChannels(weights, { ...options, leastScale: (channel) => channel });
  assert.deepEqual([...coarse.scales], [1, 1]);
});

function withoutSign(value: number): number {
  return value === 0 ? 0 : value;
}
