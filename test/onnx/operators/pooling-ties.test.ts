import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradients } from '../../../onnx/gradients.js';
import { Graph, type Value } from '../../../onnx/graph.js';
import { lower } from '../../../onnx/lowering.js';
import { maxPool, mul, type PoolOptions, reduceSum, relu } from '../../../onnx/operators/index.js';
import { float32 } from '../../fixtures/numbers.js';
import { floats, runGraph } from '../../fixtures/run-graph.js';

// Finite differences say nothing where two elements are equally large; the rule does: the first one takes all.
test('of equally large elements the first takes the whole gradient', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 1, 3, 3]);
  const y = maxPool(x, { kernel: [2, 2], strides: [1, 1] });
  const weights = graph.constant('float32', [1, 1, 2, 2], Float32Array.of(1, 10, 100, 1000));
  graph.output('dx', gradients(reduceSum(mul(y, weights)), [x])[0]!);
  const image = Float32Array.of(5, 5, 1, 5, 5, 5, 2, 5, 0);
  const outputs = await runGraph(graph, { x: float32([1, 1, 3, 3], image) });
  // Windows start at (0,0), (0,1), (1,0), (1,1); their first fives stand at (0,0), (0,1), (1,0), (1,1).
  assert.deepEqual([...floats(outputs, 'dx')], [1, 10, 0, 100, 1000, 0, 0, 0, 0]);
});

test('windows side by side give it to the first too, whatever their order in memory', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 1, 4, 5]);
  const y = maxPool(x, { kernel: [2, 2], strides: [2, 2] });
  const weights = graph.constant('float32', [1, 1, 2, 2], Float32Array.of(1, -10, 100, -1000));
  graph.output('dx', gradients(reduceSum(mul(y, weights)), [x])[0]!);
  // biome-ignore format: an image
  const image = Float32Array.of(
    7, 7,  1, 7,  9,
    7, 7,  7, 7,  9,
    0, 0, -3, -3, 9,
    0, 0, -3, -2, 9,
  );
  const outputs = await runGraph(graph, { x: float32([1, 1, 4, 5], image) });
  const dx = Array.from(floats(outputs, 'dx'), (value) => value + 0); // no −0
  // biome-ignore format: an image
  assert.deepEqual(dx, [
    1,   0, 0, -10,   0,
    0,   0, 0, 0,     0,
    100, 0, 0, 0,     0,
    0,   0, 0, -1000, 0,
  ]);
});

test('an element that is largest in several windows receives the sum', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 1, 3, 3]);
  const y = maxPool(x, { kernel: [2, 2], strides: [1, 1] });
  graph.output('dx', gradients(reduceSum(y), [x])[0]!);
  const image = Float32Array.of(0, 1, 2, 3, 9, 4, 5, 6, 7);
  const outputs = await runGraph(graph, { x: float32([1, 1, 3, 3], image) });
  assert.deepEqual([...floats(outputs, 'dx')], [0, 0, 0, 0, 4, 0, 0, 0, 0]);
});

test('only windows that overlap, are padded or stand in long rows need the positions of their maxima', () => {
  const positionsNeeded = (dims: readonly number[], options: PoolOptions) => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', dims);
    graph.output('dx', gradients(reduceSum(maxPool(x, options)), [x])[0]!);
    return lower(graph).nodes.some((node) => node.onnx?.type === 'ScatterElements');
  };
  const sideBySide = { kernel: [2, 2], strides: [2, 2] } as const;
  assert.equal(positionsNeeded([2, 3, 31, 31], sideBySide), false);
  assert.equal(positionsNeeded([2, 3, 3, 3], { kernel: [3, 3], strides: [3, 3] }), false);
  assert.equal(positionsNeeded([2, 3, 31, 31], { kernel: [3, 3], strides: [2, 2] }), true);
  assert.equal(positionsNeeded([2, 3, 31, 31], { ...sideBySide, padding: 'same' }), true);
  assert.equal(positionsNeeded([2, 3, 4, 40], sideBySide), true);
});

test('a relu before a pool lets pass what the maxima let pass, and is asked of them alone', async () => {
  const gradientOf = (network: (x: Value) => Value) => {
    const graph = new Graph();
    const y = network(graph.input('x', 'float32', [1, 1, 4, 4]));
    const weights = graph.constant('float32', [1, 1, 2, 2], Float32Array.of(1, 10, 100, 1000));
    graph.output('dx', gradients(reduceSum(mul(y, weights)), [graph.inputs[0]!])[0]!);
    return graph;
  };
  const asked = (graph: Graph) =>
    lower(graph).nodes.find(({ operator }) => operator === 'where')?.outputs[0]?.dims;
  const tiles = { kernel: [2, 2], strides: [2, 2] } as const;
  const overlapping = { kernel: [3, 3], strides: [2, 2], padding: 'same' } as const;
  // biome-ignore format: an image
  const image = Float32Array.of(
    -1, -2, 3,  1,
    -3, -4, 2,  0,
    -5,  4, 0, -1,
    -6, -7, 0, -2,
  );
  const gradient = async (graph: Graph) =>
    Array.from(
      floats(await runGraph(graph, { x: float32([1, 1, 4, 4], image) }), 'dx'),
      (value) => value + 0,
    );
  const graph = gradientOf((x) => maxPool(relu(x), tiles));
  assert.deepEqual(asked(graph), [1, 1, 2, 2]);
  // biome-ignore format: an image
  assert.deepEqual(await gradient(graph), [
    0, 0,   10, 0,
    0, 0,   0,  0,
    0, 100, 0,  0,
    0, 0,   0,  0,
  ]);
  // CONTROL: where something lies between, the relu is asked everywhere; both ways say the same.
  const between = gradientOf((x) => maxPool(mul(relu(x), 1), overlapping));
  assert.deepEqual(asked(between), [1, 1, 4, 4]);
  assert.deepEqual(await gradient(gradientOf((x) => maxPool(relu(x), overlapping))), await gradient(between));
});
