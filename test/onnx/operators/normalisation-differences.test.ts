import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lrn } from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed } from '../../fixtures/numbers.js';

// alpha is large here: with the tutorial's 0.001 the window's share of the gradient would drown in rounding.
const cases = {
  'beta 0.75, by square roots': { channels: 12, size: 5, alpha: 2, beta: 0.75, bias: 1 },
  'window of 9 over 3 channels': { channels: 3, size: 9, alpha: 2, beta: 0.75, bias: 1 },
  'beta 0.5, by a general power': { channels: 7, size: 3, alpha: 1.5, beta: 0.5, bias: 2 },
  'beta 1.25': { channels: 6, size: 3, alpha: 1, beta: 1.25, bias: 0.5 },
} as const;

for (const [name, { channels, ...attributes }] of Object.entries(cases)) {
  test(`gradient of lrn against finite differences: ${name}`, async () => {
    const shape = [2, channels, 2, 3];
    const [error] = await gradientErrors({
      inputs: [float32(shape, hashed(shape, 1, 2))],
      build: ([x]) => lrn(x!, attributes),
    });
    assert.ok(error! < 2e-4, `relative error ${error}`);
  });
}
