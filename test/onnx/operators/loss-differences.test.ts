import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../onnx/graph.js';
import { crossEntropy, logSoftmax, softmax } from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed } from '../../fixtures/numbers.js';

const labels = Int32Array.of(4, 0, 2);

const cases: Readonly<Record<string, readonly [readonly number[], (x: Value) => Value]>> = {
  'softmax of the last axis': [[3, 5], (x) => softmax(x)],
  'softmax of an inner axis': [[2, 4, 3], (x) => softmax(x, 1)],
  'logSoftmax of the last axis': [[3, 5], (x) => logSoftmax(x)],
  'logSoftmax of the first axis': [[4, 3], (x) => logSoftmax(x, 0)],
  crossEntropy: [[3, 5], (x) => crossEntropy(x, x.graph.constant('int32', [3], labels))],
  'crossEntropy, smoothing 0.2': [
    [3, 5],
    (x) => crossEntropy(x, x.graph.constant('int32', [3], labels), 0.2),
  ],
};

for (const [name, [shape, build]] of Object.entries(cases)) {
  test(`gradient of ${name} against finite differences`, async () => {
    const [error] = await gradientErrors({
      inputs: [float32(shape, hashed(shape, 1, 2))],
      build: ([x]) => build(x!),
    });
    assert.ok(error! < 2e-4, `relative error ${error}`);
  });
}
