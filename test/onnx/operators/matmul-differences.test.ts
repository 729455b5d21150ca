import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dense, matMul } from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed } from '../../fixtures/numbers.js';

const [m, k, n] = [3, 4, 5];

for (const transposeA of [false, true]) {
  for (const transposeB of [false, true]) {
    test(`gradient of matMul against finite differences: ${transposeA ? 'aᵀ' : 'a'} · ${transposeB ? 'bᵀ' : 'b'}`, async () => {
      const a = transposeA ? [k, m] : [m, k];
      const b = transposeB ? [n, k] : [k, n];
      const errors = await gradientErrors({
        inputs: [float32(a, hashed(a, 1, 1)), float32(b, hashed(b, 2, 1))],
        build: ([left, right]) => matMul(left!, right!, { transposeA, transposeB }),
        step: 0.5,
      });
      for (const error of errors) assert.ok(error < 1e-5, `relative errors ${errors.join(', ')}`);
    });
  }
}

test('gradient of dense against finite differences: images, weights and biases', async () => {
  const errors = await gradientErrors({
    inputs: [
      float32([m, k], hashed([m, k], 1, 1)),
      float32([k, n], hashed([k, n], 2, 1)),
      float32([n], hashed([n], 3, 1)),
    ],
    build: ([x, weights, biases]) => dense(x!, weights!, biases!),
    step: 0.5,
  });
  for (const error of errors) assert.ok(error < 1e-5, `relative errors ${errors.join(', ')}`);
});
