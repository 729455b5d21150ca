import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConvOptions, conv } from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed } from '../../fixtures/numbers.js';

interface Case {
  readonly x: readonly [batch: number, channels: number, height: number, width: number];
  readonly weights: readonly [filters: number, perGroup: number, height: number, width: number];
  readonly options?: Omit<ConvOptions, 'bias'>;
}

const cases = {
  plain: { x: [2, 2, 5, 4], weights: [3, 2, 3, 2] },
  'one by one': { x: [2, 3, 3, 4], weights: [2, 3, 1, 1] },
  'padding, each side its own': {
    x: [2, 2, 4, 5],
    weights: [2, 2, 3, 4],
    options: { padding: [2, 0, 1, 3] },
  },
  'same padding': { x: [1, 2, 5, 6], weights: [2, 2, 5, 5], options: { padding: 'same' } },
  'same padding, even kernel': { x: [1, 2, 5, 4], weights: [2, 2, 4, 2], options: { padding: 'same' } },
  'padding wider than the kernel': {
    x: [1, 2, 3, 3],
    weights: [2, 2, 2, 3],
    options: { padding: [2, 3, 3, 1] },
  },
  'kernel wider than the image': {
    x: [1, 2, 2, 3],
    weights: [2, 2, 5, 4],
    options: { padding: [3, 1, 2, 2] },
  },
  'stride that divides': { x: [2, 2, 7, 5], weights: [2, 2, 3, 3], options: { strides: [2, 2] } },
  'stride that leaves rows and columns over': {
    x: [2, 2, 8, 7],
    weights: [2, 2, 3, 2],
    options: { strides: [2, 3] },
  },
  'stride beyond the kernel': { x: [1, 2, 8, 8], weights: [2, 2, 2, 1], options: { strides: [3, 3] } },
  'stride with same padding, odd size': {
    x: [1, 2, 7, 6],
    weights: [2, 2, 3, 3],
    options: { strides: [2, 2], padding: 'same' },
  },
  dilation: { x: [2, 2, 7, 8], weights: [2, 2, 3, 3], options: { dilations: [2, 3] } },
  groups: { x: [2, 4, 4, 5], weights: [6, 2, 3, 2], options: { groups: 2 } },
  'one group a channel': { x: [2, 3, 5, 4], weights: [6, 1, 3, 3], options: { groups: 3, padding: 'same' } },
  'stride and dilation': {
    x: [1, 2, 9, 8],
    weights: [2, 2, 3, 2],
    options: { strides: [2, 3], dilations: [2, 2] },
  },
  'everything at once': {
    x: [2, 4, 9, 8],
    weights: [4, 2, 3, 2],
    options: { strides: [2, 3], padding: [2, 0, 1, 3], dilations: [1, 2], groups: 2 },
  },
  'sixteen channels: the shifted product': {
    x: [1, 16, 4, 3],
    weights: [2, 16, 3, 2],
    options: { padding: [1, 0, 2, 1] },
  },
} as const satisfies Record<string, Case>;

for (const [name, { x, weights, ...rest }] of Object.entries<Case>(cases)) {
  test(`gradient of conv against finite differences: ${name}`, async () => {
    const errors = await gradientErrors({
      inputs: [
        float32(x, hashed(x, 1, 1)),
        float32(weights, hashed(weights, 2, 1)),
        float32([weights[0]], hashed([weights[0]], 3, 1)),
      ],
      build: ([images, kernels, bias]) => conv(images!, kernels!, { ...rest.options, bias: bias! }),
      // The function is linear in each element: a wide step costs nothing and drowns rounding.
      step: 0.5,
    });
    for (const error of errors) assert.ok(error < 1e-5, `relative errors ${errors.join(', ')}`);
  });
}
