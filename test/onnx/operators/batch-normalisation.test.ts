import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradients } from '../../../onnx/gradients.js';
import { Graph, type Value } from '../../../onnx/graph.js';
import { lower } from '../../../onnx/lowering.js';
import {
  batchNorm,
  batchStatistics,
  mul,
  normalise,
  reduceMean,
  reduceSum,
  reshape,
  sub,
} from '../../../onnx/operators/index.js';
import { gradientErrors } from '../../fixtures/finite-differences.js';
import { float32, hashed, relativeDifference } from '../../fixtures/numbers.js';
import { floats, runGraph } from '../../fixtures/run-graph.js';

const [batch, channels, height, width] = [4, 2, 3, 2];
const shape = [batch, channels, height, width];
const images = float32(shape, hashed(shape, 1, 2));
const biases = float32([channels], hashed([channels], 2, 1));
const scales = float32([channels], Float32Array.of(0.5, -2));
const epsilon = 0.01;

test('gradient of batchNorm against finite differences: images, biases and scales', async () => {
  const errors = await gradientErrors({
    inputs: [images, biases, scales],
    build: ([x, bias, scale]) => batchNorm(x!, { bias: bias!, scale: scale!, epsilon }),
  });
  for (const error of errors) assert.ok(error < 2e-4, `relative errors ${errors.join(', ')}`);
});

test('gradient of batchNorm without a scale against finite differences', async () => {
  const errors = await gradientErrors({
    inputs: [images, biases],
    build: ([x, bias]) => batchNorm(x!, { bias: bias!, epsilon }),
  });
  for (const error of errors) assert.ok(error < 2e-4, `relative errors ${errors.join(', ')}`);
});

const given = (x: Value) => ({
  mean: x.graph.constant('float32', [channels], Float32Array.of(0.5, -1)),
  variance: x.graph.constant('float32', [channels], Float32Array.of(2, 0.3)),
});

test('gradient of normalise against finite differences: images, biases and scales', async () => {
  const errors = await gradientErrors({
    inputs: [images, biases, scales],
    build: ([x, bias, scale]) => normalise(x!, { ...given(x!), bias: bias!, scale: scale!, epsilon }),
    step: 0.5,
  });
  for (const error of errors) assert.ok(error < 1e-5, `relative errors ${errors.join(', ')}`);
});

/** Of one channel: the answers of the batch as they are, and moved by a thousand of its deviations. */
async function answers(variance: (x: Value, mean: Value) => Value, offset: number) {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [64, 1, 4, 4]);
  const column = (value: Value) => reshape(value, [1, 1, 1, 1]);
  const mean = reduceMean(x, [0, 2, 3]);
  const none = graph.constant('float32', [1], Float32Array.of(0));
  graph.output('batchNorm', batchNorm(x, { bias: none, epsilon: 1e-5 }));
  graph.output(
    'other',
    normalise(x, { mean, variance: variance(x, column(mean)), bias: none, epsilon: 1e-5 }),
  );
  // Multiples of 1/1024: adding the offset rounds nothing.
  const data = hashed([64, 1, 4, 4], 5, 2).map((value) => Math.round(value * 1024) / 1024 + offset);
  const outputs = await runGraph(graph, { x: float32([64, 1, 4, 4], data) });
  return { batchNorm: floats(outputs, 'batchNorm'), other: floats(outputs, 'other') };
}

test('a mean a thousand times the deviation costs only the digits that the mean itself rounds off', async () => {
  const squares = (x: Value, mean: Value) => {
    const square = reduceMean(mul(x, x), [0, 2, 3]);
    return sub(square, reshape(mul(mean, mean), [1]));
  };
  const [near, far] = [await answers(squares, 0), await answers(squares, 1024)];
  const lost = relativeDifference(far.batchNorm, near.batchNorm);
  assert.ok(lost < 1e-4, `relative difference ${lost}`);
  const control = relativeDifference(far.other, near.other);
  assert.ok(control > 1e-2, `control: from E[x²] − E[x]² it is ${control}`);
});

test('a channel that is the same everywhere is answered by its bias, without a division by zero', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', shape);
  const bias = graph.input('bias', 'float32', [channels]);
  const y = batchNorm(x, { bias, epsilon: 1e-12 });
  graph.output('y', y);
  graph.output('dx', gradients(reduceSum(mul(y, y)), [x])[0]!);
  const constant = float32(shape, new Float32Array(images.data.length).fill(0.25));
  const outputs = await runGraph(graph, { x: constant, bias: float32([channels], Float32Array.of(3, -1)) });
  assert.deepEqual([...floats(outputs, 'y')].slice(0, 8), [3, 3, 3, 3, 3, 3, -1, -1]);
  assert.ok(floats(outputs, 'dx').every((value) => value === 0));
});

test('statistics and gradient take their sums from the forward pass', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', shape);
  const bias = graph.input('bias', 'float32', [channels]);
  const y = batchNorm(x, { bias, epsilon });
  graph.output('y', y);
  const count = (type: string) => lower(graph).nodes.filter((node) => node.onnx?.type === type).length;
  assert.deepEqual([count('ReduceMean'), count('BatchNormalization')], [4, 1]);
  graph.output('mean', batchStatistics(x).mean);
  graph.output('variance', batchStatistics(x).unbiasedVariance);
  assert.equal(count('ReduceMean'), 4);
  const [dx, dbias] = gradients(reduceSum(mul(y, graph.input('dy', 'float32', shape))), [x, bias]);
  graph.output('dx', dx!);
  graph.output('dbias', dbias!);
  // The means of dy and of dy · x̂ came along.
  assert.deepEqual([count('ReduceMean'), count('BatchNormalization')], [8, 2]);
});
