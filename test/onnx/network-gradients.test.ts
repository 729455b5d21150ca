import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../../onnx/graph.js';
import { crossEntropy } from '../../onnx/operators/index.js';
import { sizeOf } from '../../onnx/shape.js';
import type { Tensor } from '../../onnx/types.js';
import { initialParameters } from '../../train/parameters.js';
import { gradientGraph, port, type StepDescription } from '../../train/step-graph.js';
import { tinycnn } from '../fixtures/model.js';
import { float32, hashed, relativeDifference } from '../fixtures/numbers.js';
import { floats, openGraph, runGraph } from '../fixtures/run-graph.js';
import { loadTfjs } from '../fixtures/tfjs.js';
import { tfjsLayers } from '../fixtures/tfjs-layers.js';

// Every kind of layer in one network, with weight decay and label smoothing: what rules do together.

const [batch, classes] = [3, 10];
const shape = [batch, 3, 24, 24];
const images = hashed(shape, 1, 2);
const labels = Int32Array.of(4, 9, 0);
const smoothing = 0.1;
const parameters = initialParameters(tinycnn, classes, 5);

const description: StepDescription = {
  network: tinycnn,
  classes,
  batch,
  optimizer: { kind: 'sgd' },
  weightDecay: 'network',
  labelSmoothing: smoothing,
};

async function built(description: StepDescription): Promise<ReadonlyMap<string, Float32Array>> {
  const outputs = await runGraph(
    gradientGraph(description),
    {
      [port.images]: float32(shape, images),
      [port.labels]: { dtype: 'int32', dims: [batch], data: labels },
    },
    parameters,
  );
  return new Map([...parameters.keys()].map((name) => [name, floats(outputs, port.gradient(name))]));
}

test('the gradient of a whole network is the one that TensorFlow.js computes', async () => {
  const tf = await loadTfjs();
  const { conv, maxPool, lrn } = tfjsLayers(tf);
  const names = [...parameters.keys()];
  assert.deepEqual(names, [
    'conv1/weights',
    'conv1/biases',
    'softmax_linear/weights',
    'softmax_linear/biases',
  ]);
  const dims = [[8, 3, 5, 5], [8], [288, classes], [classes]];
  const tensors = names.map((name, index) => tf.tensor(parameters.get(name)!, dims[index]!));
  const pool = { kernel: [3, 3], strides: [2, 2], padding: 'same' } as const;
  const expected = tf.grads((filters, filterBiases, weights, biases) => {
    const x = tf.tensor(images, shape);
    const conv1 = tf.relu(conv(x, filters!, filterBiases!, { padding: 'same' }));
    const norm1 = lrn(maxPool(conv1, pool), { size: 9, alpha: 0.001, beta: 0.75, bias: 1 });
    const features = tf.reshape(maxPool(norm1, pool), [batch, -1]);
    const logits = tf.add(tf.matMul(features, weights!), biases!);
    const targets = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
    const entropy = tf.losses.softmaxCrossEntropy(targets, logits, undefined, smoothing);
    const squares = tf.add(tf.sum(tf.square(filters!)), tf.sum(tf.square(weights!)));
    return tf.add(entropy, tf.mul(squares, 0.004 / 2));
  })(tensors);
  const derivatives = await built(description);
  for (const [index, name] of names.entries()) {
    const difference = relativeDifference(derivatives.get(name)!, expected[index]!.dataSync());
    assert.ok(difference < 1e-5, `${name}: relative difference ${difference}`);
  }
});

test('the gradient of a whole network predicts how the loss moves', async () => {
  const derivatives = await built(description);
  for (const { name, ratio } of await movements(derivatives)) {
    // Some ReLU and some maximum changes sides within a step: hence per cent, not millionths.
    assert.ok(Math.abs(ratio - 1) < 0.02, `${name}: predicted is ${ratio} of measured`);
  }
});

test('control: the gradient of another loss does not', async () => {
  const derivatives = await built({ ...description, labelSmoothing: 0.4 });
  const found = await movements(derivatives);
  for (const name of parameters.keys()) {
    const errors = found.flatMap((one) => (one.name === name ? [Math.abs(one.ratio - 1)] : []));
    assert.ok(Math.max(...errors) > 0.06, `${name}: off by ${errors.join(', ')}`);
  }
});

/** Along three directions a parameter: the loss's predicted movement as a share of the measured one. */
async function movements(derivatives: ReadonlyMap<string, Float32Array>) {
  const graph = lossGraph();
  const session = await openGraph(graph);
  const loss = async (weights: ReadonlyMap<string, Float32Array>) => {
    const feeds: Record<string, Tensor> = { images: float32(shape, images) };
    for (const [name, value] of graph.parameters) feeds[name] = float32(value.dims, weights.get(name)!);
    return floats(await session.run(feeds), 'loss')[0]! + decay(weights);
  };
  const results: { name: string; ratio: number }[] = [];
  for (const name of parameters.keys()) {
    const gradient = derivatives.get(name)!;
    const norm = Math.hypot(...gradient);
    for (const salt of [11, 12, 13]) {
      // Half along the gradient, half anywhere: along random directions alone almost nothing happens.
      const noise = hashed([gradient.length], salt, 1 / Math.sqrt(gradient.length));
      const direction = gradient.map((value, index) => value / norm + noise[index]!);
      const step = 2 ** -7;
      const at = (sign: number) => {
        const moved = parameters.get(name)!.map((value, index) => value + sign * step * direction[index]!);
        return loss(new Map(parameters).set(name, moved));
      };
      const measured = ((await at(1)) - (await at(-1))) / (2 * step);
      const predicted = gradient.reduce((sum, value, index) => sum + value * direction[index]!, 0);
      results.push({ name, ratio: predicted / measured });
    }
  }
  await session.release();
  return results;
}

function lossGraph(): Graph {
  const graph = new Graph();
  const logits = tinycnn.forward(graph, graph.input('images', 'float32', shape), classes, 'training');
  graph.output('loss', crossEntropy(logits, graph.constant('int32', [batch], labels), smoothing));
  return graph;
}

/** The tinycnn's decay, in float64. */
function decay(weights: ReadonlyMap<string, Float32Array>): number {
  const decayed = ['conv1/weights', 'softmax_linear/weights'];
  return decayed.reduce((sum, name) => {
    const squares = weights.get(name)!.reduce((total, value) => total + value * value, 0);
    return sum + (0.004 / 2) * squares;
  }, 0);
}

test('the shapes of the gradients are those of the parameters', () => {
  const graph = gradientGraph(description);
  for (const [name, value] of graph.parameters) {
    assert.deepEqual(graph.outputs.get(port.gradient(name))?.shape, value.shape);
    assert.equal(parameters.get(name)?.length, sizeOf(value.dims));
  }
});
