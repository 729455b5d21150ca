import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mul, reduceMean, reduceSum } from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed } from '../../fixtures/numbers.js';

const shape = [2, 3, 4];

for (const [name, reduce] of Object.entries({ reduceSum, reduceMean })) {
  for (const axes of [undefined, [], [0], [1], [-1], [0, 2], [2, 0], [0, 1, 2]]) {
    for (const keepDims of [false, true]) {
      const text = `axes ${axes === undefined ? 'all' : `[${axes}]`}${keepDims ? ', kept' : ''}`;
      test(`gradient of ${name} against finite differences: ${text}`, async () => {
        const [error] = await gradientErrors({
          inputs: [float32(shape, hashed(shape, 1, 1))],
          build: ([x]) => reduce(mul(x!, x!), axes, { keepDims }),
          step: 1 / 8,
        });
        assert.ok(error! < 1e-4, `relative error ${error}`);
      });
    }
  }
}
