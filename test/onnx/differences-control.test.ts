import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineOperator, type None } from '../../onnx/operator.js';
import { conv, mul, reverse } from '../../onnx/operators/index.js';
import { gradientErrors } from '../fixtures/finite-differences.js';
import { float32, hashed } from '../fixtures/numbers.js';

// Finite differences are only worth something if a wrong rule fails them: these are wrong on purpose.

test('control: a factor of 2 that was forgotten is found', async () => {
  const square = defineOperator<None>({
    name: 'square',
    infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
    gradient: ({ inputs: [x] }, dy) => [() => mul(dy, x!)],
    lower: ([x]) => [mul(x!, x!)],
  });
  const [error] = await gradientErrors({
    inputs: [float32([6], hashed([6], 1, 1))],
    build: ([x]) => square([x!], {})[0]!,
  });
  assert.ok(error! > 0.4, `relative error ${error}`);
});

test('control: a gradient that leaves its input in the wrong order is found', async () => {
  const turned = defineOperator<None>({
    name: 'turned',
    infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
    gradient: (_, dy) => [() => dy],
    lower: ([x]) => [reverse(x!, [0])],
  });
  const [error] = await gradientErrors({
    inputs: [float32([6], hashed([6], 1, 1))],
    build: ([x]) => turned([x!], {})[0]!,
  });
  assert.ok(error! > 0.1, `relative error ${error}`);
});

test('control: a convolution that forgets to turn its kernel in the gradient is found', async () => {
  const unturned = defineOperator<None>({
    name: 'unturned',
    infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
    gradient: ({ inputs: [, w] }, dy) => [() => conv(dy, w!, { padding: 'same' }), undefined],
    lower: ([x, w]) => [conv(x!, w!, { padding: 'same' })],
  });
  const weights = hashed([1, 1, 3, 3], 2, 1);
  const [error] = await gradientErrors({
    inputs: [float32([1, 1, 4, 4], hashed([1, 1, 4, 4], 1, 1))],
    build: ([x]) => unturned([x!, x!.graph.constant('float32', [1, 1, 3, 3], weights)], {})[0]!,
  });
  assert.ok(error! > 0.1, `relative error ${error}`);
});

test('control: a formula that its input does not move is refused, not passed', async () => {
  await assert.rejects(
    gradientErrors({
      inputs: [float32([2], Float32Array.of(1, 2))],
      build: ([x]) => mul(x!, 0),
    }),
    /nothing is tested/,
  );
});
