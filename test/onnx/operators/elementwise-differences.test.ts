import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../onnx/graph.js';
import {
  add,
  div,
  exp,
  gelu,
  log,
  maximum,
  mul,
  neg,
  relu,
  sqrt,
  sub,
  where,
} from '../../../onnx/operators/index.js';
import { sizeOf } from '../../../onnx/shape.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed, spaced } from '../../fixtures/numbers.js';

type Shape = readonly number[];

/** In both operands or in one, in front, behind, on both sides, and down to a scalar. */
const broadcasts: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3, 4], [4]],
  [[3], [2, 3]],
  [
    [2, 1, 4],
    [1, 3, 1],
  ],
  [[2, 3], []],
  [[], [2, 2]],
  [
    [3, 1],
    [1, 1, 4],
  ],
];

const binaries = { add, sub, mul, div } as const;

for (const [name, operator] of Object.entries(binaries)) {
  for (const [a, b] of broadcasts) {
    test(`gradient of ${name} against finite differences: [${a}] with [${b}]`, async () => {
      const errors = await gradientErrors({
        inputs: [float32(a, hashed(a, 1, 2)), float32(b, awayFromZero(b))],
        build: ([left, right]) => operator(left!, right!),
      });
      for (const error of errors) assert.ok(error < 1e-4, `relative errors ${errors.join(', ')}`);
    });
  }
}

for (const [a, b] of broadcasts) {
  test(`gradient of maximum against finite differences: [${a}] with [${b}]`, async () => {
    const numbers = spaced([sizeOf(a) + sizeOf(b)], 5, 0.25);
    const errors = await gradientErrors({
      inputs: [float32(a, numbers.slice(0, sizeOf(a))), float32(b, numbers.slice(sizeOf(a)))],
      build: ([left, right]) => add(maximum(left!, right!), mul(left!, right!)),
    });
    for (const error of errors) assert.ok(error < 1e-4, `relative errors ${errors.join(', ')}`);
  });

  test(`gradient of where against finite differences: [${a}] with [${b}]`, async () => {
    const errors = await gradientErrors({
      inputs: [float32(a, hashed(a, 1, 2)), float32(b, hashed(b, 2, 2))],
      build: ([left, right]) => {
        const mask = left!.graph.constant('bool', [2, 1, 1, 1], Uint8Array.of(1, 0));
        return where(mask, left!, right!);
      },
    });
    for (const error of errors) assert.ok(error < 1e-4, `relative errors ${errors.join(', ')}`);
  });
}

const unaries: Readonly<Record<string, readonly [(x: Value) => Value, Float32Array]>> = {
  neg: [neg, hashed([2, 5], 1, 2)],
  exp: [exp, hashed([2, 5], 1, 2)],
  sqrt: [sqrt, awayFromZero([2, 5])],
  log: [log, awayFromZero([2, 5])],
  gelu: [gelu, hashed([2, 5], 1, 3)],
  relu: [relu, spaced([2, 5], 2, 0.25)],
  'x · x, one value twice': [(x) => mul(x, x), hashed([2, 5], 1, 2)],
  'x / (x + 3), two ways to x': [(x) => div(x, add(x, 3)), hashed([2, 5], 1, 2)],
  'number − x': [(x) => sub(1, x), hashed([2, 5], 1, 2)],
};

for (const [name, [operator, data]] of Object.entries(unaries)) {
  test(`gradient of ${name} against finite differences`, async () => {
    const [error] = await gradientErrors({
      inputs: [float32([2, 5], data)],
      build: ([x]) => operator(x!),
    });
    assert.ok(error! < 1e-4, `relative error ${error}`);
  });
}

/** Numbers in [1, 3). */
function awayFromZero(shape: Shape): Float32Array {
  return hashed(shape, 3, 1).map((value) => value + 2);
}
