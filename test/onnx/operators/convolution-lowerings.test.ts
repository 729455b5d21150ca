import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradients } from '../../../onnx/gradients.js';
import { Graph } from '../../../onnx/graph.js';
import { lower } from '../../../onnx/lowering.js';
import { type ConvOptions, conv, mul, reduceSum, slice } from '../../../onnx/operators/index.js';
import { float32, hashed, relativeDifference } from '../../fixtures/numbers.js';
import { floats, runGraph } from '../../fixtures/run-graph.js';
import { loadTfjs } from '../../fixtures/tfjs.js';
import { tfjsLayers } from '../../fixtures/tfjs-layers.js';

// Which operators a gradient becomes depends on its window and its channels. For every shape here the gradients of
// the whole convolution, which takes the fast way, must equal those of the same convolution put together from slices
// of a few channels, which takes the general way, and TensorFlow.js's.

type Shape4 = readonly [number, number, number, number];

interface Case extends Omit<ConvOptions, 'bias' | 'groups'> {
  readonly x: Shape4;
  readonly weights: Shape4;
}

const cases = {
  '5×5, same padding': { x: [2, 16, 6, 6], weights: [8, 16, 5, 5], padding: 'same' },
  'no padding': { x: [2, 16, 6, 5], weights: [4, 16, 3, 3], padding: 'valid' },
  'one by one': { x: [2, 16, 3, 3], weights: [4, 16, 1, 1], padding: 'valid' },
  'each side its own padding': { x: [3, 17, 5, 7], weights: [5, 17, 3, 4], padding: [2, 0, 1, 3] },
  'padding wider than the kernel': { x: [1, 16, 3, 4], weights: [3, 16, 2, 3], padding: [2, 3, 4, 1] },
  'kernel wider than the image': { x: [2, 16, 2, 2], weights: [3, 16, 5, 5], padding: [1, 0, 4, 4] },
  'strides that leave a row over': {
    x: [2, 16, 8, 7],
    weights: [4, 16, 3, 2],
    padding: 'valid',
    strides: [2, 3],
  },
  'strides, same padding': { x: [2, 16, 6, 5], weights: [4, 16, 3, 3], padding: 'same', strides: [2, 2] },
  dilations: { x: [2, 16, 9, 7], weights: [4, 16, 3, 2], padding: [1, 0, 2, 3], dilations: [2, 3] },
  'many filters over small maps': { x: [16, 128, 3, 4], weights: [128, 128, 3, 3], padding: 'same' },
  'many filters, one image': { x: [1, 20, 4, 4], weights: [40, 20, 3, 3], padding: 'same' },
} as const satisfies Record<string, Case>;

const tf = await loadTfjs();
const layers = tfjsLayers(tf);

/** ∂(Σ r · conv)/∂x and ∂/∂weights, the convolution cut into `pieces` along the channels. */
function gradientGraph({ x, weights, ...window }: Case, pieces: number) {
  const graph = new Graph();
  const images = graph.input('x', 'float32', x);
  const kernels = graph.input('weights', 'float32', weights);
  const size = Math.ceil(x[1] / pieces);
  const parts = Array.from({ length: pieces }, (_, piece) => {
    const [from, to] = [piece * size, Math.min(x[1], (piece + 1) * size)];
    return conv(slice(images, 1, from, to), slice(kernels, 1, from, to), window);
  });
  const r = graph.constant('float32', parts[0]!.dims, hashed(parts[0]!.dims, 9, 1));
  const total = parts.map((part) => reduceSum(mul(part, r)));
  const derivatives = total.map((loss) => gradients(loss, [images, kernels]));
  derivatives.forEach(([dx, dw], piece) => {
    graph.output(`dx${piece}`, dx!);
    graph.output(`dw${piece}`, dw!);
  });
  return { graph, output: parts[0]!.dims };
}

async function ours(one: Case, pieces: number) {
  const { graph, output } = gradientGraph(one, pieces);
  const outputs = await runGraph(graph, {
    x: float32(one.x, hashed(one.x, 1, 1)),
    weights: float32(one.weights, hashed(one.weights, 2, 1)),
  });
  // Slices of the channels do not overlap: the sum over the pieces is the whole gradient.
  const whole = (name: string) => {
    const arrays = Array.from({ length: pieces }, (_, piece) => floats(outputs, `${name}${piece}`));
    return arrays[0]!.map((_, index) => arrays.reduce((sum, array) => sum + array[index]!, 0));
  };
  return { dx: whole('dx'), dw: whole('dw'), output };
}

for (const [name, one] of Object.entries<Case>(cases)) {
  test(`the fast gradients of conv equal the general ones and tfjs's: ${name}`, async () => {
    const fast = await ours(one, 1);
    const general = await ours(one, 4);
    const weights = tf.tensor(hashed(fast.output, 9, 1), [...fast.output]);
    const zero = tf.zeros([one.weights[0]]);
    const { x: _x, weights: _weights, ...window } = one;
    const [dx, dw] = tf.grads((x, w) => tf.sum(tf.mul(layers.conv(x!, w!, zero, window), weights)))([
      tensor(one.x, 1),
      tensor(one.weights, 2),
    ]);
    const pairs = {
      'dx, general': relativeDifference(fast.dx, general.dx),
      'dw, general': relativeDifference(fast.dw, general.dw),
      'dx, tfjs': relativeDifference(fast.dx, dx!.dataSync()),
      'dw, tfjs': relativeDifference(fast.dw, dw!.dataSync()),
    };
    for (const [pair, difference] of Object.entries(pairs))
      assert.ok(difference < 1e-5, `${pair}: relative difference ${difference}`);
  });
}

test('control: the two ways really are different operators', () => {
  const types = (pieces: number) => {
    const { graph } = gradientGraph(cases['each side its own padding'], pieces);
    return lower(graph).nodes.map((node) => node.onnx?.type ?? '');
  };
  assert.ok(types(1).includes('Gemm'), `the fast way: ${types(1).join(', ')}`);
  assert.ok(!types(4).includes('Gemm'), `the general way: ${types(4).join(', ')}`);
});

for (const [name, { kernel, ...window }] of Object.entries<
  ConvOptions & { readonly kernel: readonly [number, number] }
>({
  'one tap': { kernel: [1, 1] },
  'each side its own padding, strides and dilations': {
    kernel: [3, 2],
    padding: [2, 0, 1, 3],
    strides: [2, 1],
    dilations: [1, 2],
  },
})) {
  test(`a convolution of a known batch over small maps is a product, and the same: ${name}`, async () => {
    const [x, weights] = [[16, 128, 5, 6] as const, [130, 128, ...kernel] as const];
    const graphOf = (batch: number | string) => {
      const graph = new Graph();
      const images = graph.input('x', 'float32', [batch, ...x.slice(1)]);
      const bias = graph.input('bias', 'float32', [weights[0]]);
      graph.output('y', conv(images, graph.input('weights', 'float32', weights), { ...window, bias }));
      return graph;
    };
    const feeds = {
      x: float32(x, hashed(x, 1, 1)),
      weights: float32(weights, hashed(weights, 2, 1)),
      bias: float32([weights[0]], hashed([weights[0]], 3, 1)),
    };
    const types = (batch: number | string) => lower(graphOf(batch)).nodes.map((node) => node.onnx?.type);
    assert.ok(types(16).includes('Gemm') && !types(16).includes('Conv'));
    assert.ok(types('batch').includes('Conv'));
    const [product, native] = [await runGraph(graphOf(16), feeds), await runGraph(graphOf('batch'), feeds)];
    assert.deepEqual(product.y?.dims, native.y?.dims);
    assert.ok(relativeDifference(floats(product, 'y'), floats(native, 'y')) < 1e-5);
  });
}

function tensor(shape: Shape4, salt: number) {
  return tf.tensor(hashed(shape, salt, 1), [...shape]);
}
