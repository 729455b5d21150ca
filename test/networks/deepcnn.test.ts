import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepcnn } from '../../networks/deepcnn.js';
import { Graph, specOf } from '../../onnx/graph.js';
import { sizeOf } from '../../onnx/shape.js';

/** The tutorial's table: shape (here [out, in, …] for convolutions), initialiser, factor of the weight decay. */
const table = {
  'conv1/weights': [[64, 3, 5, 5], { kind: 'truncated-normal', std: 0.05 }, 0],
  'conv1/biases': [[64], { kind: 'constant', value: 0 }, 0],
  'conv2/weights': [[64, 64, 5, 5], { kind: 'truncated-normal', std: 0.05 }, 0],
  'conv2/biases': [[64], { kind: 'constant', value: 0.1 }, 0],
  'local3/weights': [[2304, 384], { kind: 'truncated-normal', std: 0.04 }, 0.004],
  'local3/biases': [[384], { kind: 'constant', value: 0.1 }, 0],
  'local4/weights': [[384, 192], { kind: 'truncated-normal', std: 0.04 }, 0.004],
  'local4/biases': [[192], { kind: 'constant', value: 0.1 }, 0],
  'softmax_linear/weights': [[192, 10], { kind: 'truncated-normal', std: 1 / 192 }, 0],
  'softmax_linear/biases': [[10], { kind: 'constant', value: 0 }, 0],
} as const;

function build(classes: number) {
  const graph = new Graph();
  const { channels, height, width } = deepcnn.input;
  const logits = deepcnn.forward(
    graph,
    graph.input('images', 'float32', [1, channels, height, width]),
    classes,
    'inference',
  );
  return { graph, logits };
}

test('its tensors have the names, shapes, initialisers and decay of the tutorial, in its order', () => {
  const declared = [...build(10).graph.parameters].map(([name, value]) => {
    const { initialiser, decay } = specOf(value);
    return [name, [value.dims, initialiser, decay]];
  });
  assert.deepEqual(declared, Object.entries(table));
});

test('it has 1,068,298 parameters for 10 classes, and 193 more for each further class', () => {
  const count = (classes: number) =>
    [...build(classes).graph.parameters.values()].reduce((sum, { dims }) => sum + sizeOf(dims), 0);
  assert.equal(count(10), 1_068_298);
  assert.equal(count(11), 1_068_298 + 193);
});

test('one image costs 18,470,784 multiply-adds, by layer as the tutorial has them', () => {
  const products = build(10).graph.nodes.filter((node) => node.multiplyAdds > 0);
  assert.deepEqual(
    products.map((node) => [node.name, node.multiplyAdds]),
    [
      ['conv1/conv', 2_764_800],
      ['conv2/conv', 14_745_600],
      ['local3/gemm', 884_736],
      ['local4/gemm', 73_728],
      ['softmax_linear/gemm', 1_920],
    ],
  );
  assert.equal(
    products.reduce((sum, node) => sum + node.multiplyAdds, 0),
    18_470_784,
  );
});

test('the second block normalises before it pools, the first after', () => {
  const { graph, logits } = build(10);
  const layers = graph.nodes.flatMap(({ name }) => (name.includes('/') ? [name.split('/')[0]!] : []));
  assert.deepEqual(
    [...new Set(layers)],
    ['conv1', 'pool1', 'norm1', 'conv2', 'norm2', 'pool2', 'local3', 'local4', 'softmax_linear'],
  );
  assert.deepEqual(logits.shape, [1, 10]);
});

test('pooling halves as TensorFlow does: no zeros in front, one behind; lrn counts alpha as a mean', () => {
  const { graph } = build(10);
  const forms = graph.nodes.filter((node) => node.operator === 'maxPool').map((node) => node.attributes.pads);
  assert.deepEqual(forms, [
    [0, 0, 1, 1],
    [0, 0, 1, 1],
  ]);
  const keys = graph.nodes.filter((node) => node.operator === 'lrn').map((node) => node.key);
  assert.deepEqual(keys, Array(2).fill('lrn{"size":9,"alpha":0.001,"beta":0.75,"bias":1}'));
});
