import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradients } from '../../onnx/gradients.js';
import { Graph, type Node, type Value } from '../../onnx/graph.js';
import { lower } from '../../onnx/lowering.js';
import {
  add,
  batchNorm,
  conv,
  gelu,
  lrn,
  maxPool,
  mul,
  pad,
  reduceMean,
  reduceSum,
  relu,
  slice,
} from '../../onnx/operators/index.js';
import { sizeOf } from '../../onnx/shape.js';
import { float32, hashed, relativeDifference } from '../fixtures/numbers.js';
import { floats, runGraph } from '../fixtures/run-graph.js';

const image = [16, 16, 8, 7] as const; // a batch of which convolutions are products, with places first
const filters = [16, 16, 3, 3] as const;

/** What may stand between two convolutions. */
const between: Readonly<Record<string, (x: Value, channels: (salt: string) => Value) => Value>> = {
  'relu and gelu': (x) => gelu(relu(x)),
  'a bias and a scale of each channel': (x) =>
    add(mul(x, x.graph.constant('float32', [1, 16, 1, 1], hashed([16], 7, 1))), 0.5),
  'batch normalisation': (x, channels) =>
    batchNorm(x, { bias: channels('beta'), scale: channels('gamma'), epsilon: 1e-5 }),
  'a pool of windows side by side': (x) => maxPool(x, { kernel: [2, 2], strides: [2, 2] }),
  'a pool of relu, equal maxima in it': (x) => maxPool(relu(x), { kernel: [3, 2], strides: [3, 2] }),
  'overlapping windows': (x) => maxPool(x, { kernel: [3, 3], strides: [2, 2], padding: 'same' }),
  'local response normalisation': (x) => lrn(x, { size: 5, alpha: 2, beta: 0.75, bias: 1 }),
  'a slice and zeros around': (x) => pad(slice(slice(x, 2, 1, 6), 3, 0, 5), [0, 0, 1, 0], [0, 0, 0, 2]),
  'means kept and dropped': (x) => {
    const perChannel = reduceMean(x, [0, 2, 3], { keepDims: true });
    return mul(add(x, perChannel), add(reduceSum(x, [2, 3], { keepDims: true }), 1));
  },
};

type Between = (typeof between)[string];

/** In two halves of 8 channels, which are too few for products: so the places stay last. */
function convInHalves(x: Value, w: Value): Value {
  const half = (from: number) =>
    conv(slice(x, 1, from, from + 8), slice(w, 1, from, from + 8), { padding: 'same' });
  return add(half(0), half(8));
}

/** conv → f → conv, and the gradients towards everything. */
function graphOf(f: Between, convolve = (x: Value, w: Value) => conv(x, w, { padding: 'same' })): Graph {
  const graph = new Graph();
  const inputs = new Map<string, Value>();
  const input = (name: string, dims: readonly number[]): Value => {
    const value = inputs.get(name) ?? graph.input(name, 'float32', dims);
    inputs.set(name, value);
    return value;
  };
  const first = convolve(input('x', image), input('w1', filters));
  const middle = f(first, (name) => input(name, [16]));
  const y = convolve(middle, input('w2', filters));
  const loss = reduceSum(mul(y, y));
  graph.output('y', y);
  const targets = [...inputs.values()];
  for (const [at, gradient] of gradients(loss, targets).entries())
    graph.output(`d${targets[at]!.name}`, gradient);
  return graph;
}

const operators = (graph: Graph) => lower(graph).nodes.map(({ operator }) => operator);

for (const [name, f] of Object.entries(between)) {
  test(`with its places first it is the same: ${name}`, async () => {
    const [moved, plain] = [graphOf(f), graphOf(f, convInHalves)];
    assert.ok(operators(moved).includes('broadcastMatMul') && !operators(plain).includes('broadcastMatMul'));
    const feeds = Object.fromEntries(
      moved.inputs.map(({ name, dims }, at) => [name, float32(dims, hashed(dims, at + 1, 0.3))]),
    );
    const [actual, expected] = [await runGraph(moved, feeds), await runGraph(plain, feeds)];
    for (const output of moved.outputs.keys()) {
      const difference = relativeDifference(floats(actual, output), floats(expected, output));
      assert.ok(difference < 1e-4, `${output} differs by ${difference}`);
    }
  });
}

test('between two convolutions no axes are moved', () => {
  const isLarge = ({ operator, inputs }: Node) => operator === 'transpose' && sizeOf(inputs[0]!.dims) > 1000;
  const count = (f: Between) => lower(graphOf(f)).nodes.filter(isLarge).length;
  const least = count((x) => x);
  for (const name of [
    'relu and gelu',
    'a bias and a scale of each channel',
    'a pool of windows side by side',
  ])
    assert.equal(count(between[name]!), least, name);
  assert.ok(count(between['overlapping windows']!) > least, 'control');
});
