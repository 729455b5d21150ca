import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../onnx/graph.js';
import {
  concat,
  expand,
  flatten,
  mul,
  pad,
  reflectPad,
  reshape,
  reverse,
  slice,
  transpose,
} from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed } from '../../fixtures/numbers.js';

type Case = readonly [shape: readonly number[], build: (x: Value) => Value];

const cases: Readonly<Record<string, Case>> = {
  reshape: [[2, 3, 4], (x) => reshape(x, [4, 6])],
  'reshape to the same shape': [[2, 3], (x) => reshape(x, [2, 3])],
  'flatten from axis 1': [[2, 3, 2], (x) => flatten(x)],
  'flatten from the last axis but one': [[2, 3, 2], (x) => flatten(x, -2)],
  'transpose, its own inverse': [[2, 3, 4], (x) => transpose(x, [2, 1, 0])],
  'transpose, a cycle': [[2, 3, 4], (x) => transpose(x, [1, 2, 0])],
  'transpose of four axes': [[2, 3, 2, 2], (x) => transpose(x, [3, 1, 0, 2])],
  'slice of the middle': [[4, 5], (x) => slice(x, 1, 1, 4)],
  'slice from the front': [[4, 5], (x) => slice(x, 0, 0, 2)],
  'slice to the end of a negative axis': [[4, 5], (x) => slice(x, -1, 3, 5)],
  'slice of a slice': [[4, 5], (x) => slice(slice(x, 0, 1, 4), 1, 2, 4)],
  'reverse of one axis': [[3, 4], (x) => reverse(x, [1])],
  'reverse of two of three axes': [[2, 3, 4], (x) => reverse(x, [0, 2])],
  pad: [[2, 3], (x) => pad(x, [1, 0], [2, 3])],
  'pad that cuts in front': [[4, 5], (x) => pad(x, [-1, 2], [0, -1])],
  'pad that cuts behind': [[4, 5], (x) => pad(x, [0, -2], [-2, 1])],
  'reflectPad of one axis': [[2, 4], (x) => reflectPad(x, [0, 2], [0, 3])],
  'reflectPad of two axes': [[2, 3, 4], (x) => reflectPad(x, [0, 2, 1], [1, 0, 3])],
  'concat with itself': [[2, 3], (x) => concat([x, x, mul(x, 3)], 1)],
  'expand of two axes': [[2, 1, 1], (x) => expand(x, [2, 3, 4])],
  'expand of a middle axis': [[2, 1, 3], (x) => expand(x, [2, 5, 3])],
};

for (const [name, [shape, build]] of Object.entries(cases)) {
  test(`gradient against finite differences: ${name}`, async () => {
    const [error] = await gradientErrors({
      inputs: [float32(shape, hashed(shape, 1, 1))],
      // Squared, so that the gradient differs from element to element.
      build: ([x]) => build(mul(x!, x!)),
      step: 1 / 8,
    });
    assert.ok(error! < 1e-5, `relative error ${error}`);
  });
}

test('gradient against finite differences: concat of different sizes', async () => {
  const errors = await gradientErrors({
    inputs: [
      float32([2, 1, 2], hashed([2, 1, 2], 1, 1)),
      float32([2, 3, 2], hashed([2, 3, 2], 2, 1)),
      float32([2, 2, 2], hashed([2, 2, 2], 3, 1)),
    ],
    build: (inputs) => concat(inputs, -2),
    step: 0.5,
  });
  for (const error of errors) assert.ok(error < 1e-5, `relative errors ${errors.join(', ')}`);
});
