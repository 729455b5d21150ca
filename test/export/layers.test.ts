import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parametersOf, summariseNetwork } from '../../export/layers.js';
import { deepcnn } from '../../networks/deepcnn.js';
import type { Network } from '../../networks/network.js';
import { decodeModel } from '../../onnx/decode.js';
import { dense, flatten } from '../../onnx/operators/index.js';
import { tinyModel } from '../fixtures/model.js';

/** Counted by hand from the tutorial's text: kernel area × channels × filters, times places for the products. */
const tutorial = [
  ['conv1', [64, 24, 24], 5 * 5 * 3 * 64 + 64, 24 * 24 * 5 * 5 * 3 * 64],
  ['pool1', [64, 12, 12], 0, 0],
  ['norm1', [64, 12, 12], 0, 0],
  ['conv2', [64, 12, 12], 5 * 5 * 64 * 64 + 64, 12 * 12 * 5 * 5 * 64 * 64],
  ['norm2', [64, 12, 12], 0, 0],
  ['pool2', [64, 6, 6], 0, 0],
  ['local3', [384], 2304 * 384 + 384, 2304 * 384],
  ['local4', [192], 384 * 192 + 192, 384 * 192],
  ['softmax_linear', [10], 192 * 10 + 10, 192 * 10],
] as const;

test('deepcnn has the layers, parameters and multiply-adds of the tutorial', () => {
  const summary = summariseNetwork(deepcnn, 10);
  assert.deepEqual(
    summary.layers.map(({ name, output, parameters, multiplyAdds }) => [
      name,
      output,
      parameters,
      multiplyAdds,
    ]),
    tutorial,
  );
  assert.equal(summary.parameters, 1_068_298);
  assert.equal(summary.multiplyAdds, 18_470_784);
});

test('more classes are more parameters', () => {
  const { parameters } = summariseNetwork(deepcnn, 100);
  assert.equal(parameters, 1_068_298 + 90 * 193);
});

test('a tensor that two operators share is counted once', () => {
  const spec = { initialiser: { kind: 'constant', value: 0 }, decay: 0 } as const;
  const shared: Network = {
    ...deepcnn,
    input: { channels: 1, height: 2, width: 2 },
    forward(graph, images) {
      const weights = graph.parameter('weights', [4, 4], spec);
      const biases = graph.parameter('biases', [4], spec);
      const once = graph.scope('once', () => dense(flatten(images), weights, biases));
      return graph.scope('twice', () => dense(once, weights, biases));
    },
  };
  const { layers, parameters, multiplyAdds } = summariseNetwork(shared, 4);
  assert.equal(parameters, 20);
  assert.equal(multiplyAdds, 32);
  assert.deepEqual(
    layers.map((layer) => [layer.name, layer.parameters]),
    [
      ['once', 20],
      ['twice', 0],
    ],
  );
});

test("a file's trained tensors are found, its constants are not", () => {
  assert.deepEqual(parametersOf(decodeModel(tinyModel())), [
    { name: 'conv1/weights', shape: [8, 3, 5, 5], parameters: 600 },
    { name: 'conv1/biases', shape: [8], parameters: 8 },
    { name: 'softmax_linear/weights', shape: [288, 10], parameters: 2880 },
    { name: 'softmax_linear/biases', shape: [10], parameters: 10 },
  ]);
});
