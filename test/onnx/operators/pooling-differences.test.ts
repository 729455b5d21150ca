import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxPool, type PoolOptions } from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, spaced } from '../../fixtures/numbers.js';

interface Case {
  readonly x: readonly [batch: number, channels: number, height: number, width: number];
  readonly options: PoolOptions;
}

const cases = {
  'windows side by side': { x: [2, 2, 4, 6], options: { kernel: [2, 2], strides: [2, 2] } },
  'windows side by side, rows and columns left over': {
    x: [1, 2, 5, 8],
    options: { kernel: [2, 3], strides: [2, 3] },
  },
  overlapping: { x: [2, 2, 7, 5], options: { kernel: [3, 3], strides: [2, 2] } },
  'overlapping at every pixel': { x: [1, 2, 5, 6], options: { kernel: [3, 2], strides: [1, 1] } },
  'same padding, even size': {
    x: [1, 2, 6, 8],
    options: { kernel: [3, 3], strides: [2, 2], padding: 'same' },
  },
  'same padding, odd size': {
    x: [1, 2, 7, 5],
    options: { kernel: [3, 3], strides: [2, 2], padding: 'same' },
  },
  'padding, each side its own': {
    x: [2, 1, 5, 6],
    options: { kernel: [3, 4], strides: [2, 3], padding: [1, 2, 0, 1] },
  },
  'rows and columns between windows': { x: [1, 2, 8, 7], options: { kernel: [2, 1], strides: [3, 2] } },
} as const satisfies Record<string, Case>;

for (const [name, { x, options }] of Object.entries<Case>(cases)) {
  test(`gradient of maxPool against finite differences: ${name}`, async () => {
    const [error] = await gradientErrors({
      // Farther apart than the samples reach: nowhere does another element become the largest.
      inputs: [float32(x, spaced(x, 4, 1))],
      build: ([images]) => maxPool(images!, options),
      step: 1 / 8,
    });
    assert.ok(error! < 1e-5, `relative error ${error}`);
  });
}
