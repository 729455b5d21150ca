import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModel } from '../../onnx/decode.js';
import { type EncodeOptions, encodeModel } from '../../onnx/encode.js';
import { gradients } from '../../onnx/gradients.js';
import { Graph } from '../../onnx/graph.js';
import { conv, lrn, maxPool, mul, reduceSum, relu } from '../../onnx/operators/index.js';
import { AttributeProto_AttributeType, TensorProto_DataType } from '../../third_party/onnx/onnx_pb.js';
import { float32, hashed } from '../fixtures/numbers.js';
import { floats, openGraph } from '../fixtures/run-graph.js';

const spec = { initialiser: { kind: 'constant', value: 0 }, decay: 0 } as const;

function sample(): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['batch', 2, 6, 6]);
  const weights = graph.parameter('conv1/weights', [4, 2, 3, 3], spec);
  const y = relu(conv(x, weights, { padding: 'same', strides: [2, 2] }));
  graph.output('y', lrn(maxPool(y, { kernel: [2, 2], strides: [1, 1] }), tutorial));
  return graph;
}

const tutorial = { size: 9, alpha: 0.001, beta: 0.75, bias: 1 };
const weights = hashed([4, 2, 3, 3], 1, 1);
const options: EncodeOptions = {
  name: 'sample',
  parameters: new Map([['conv1/weights', weights]]),
  metadata: { 'kiln.labels': '["ä","b"]', other: '' },
  producer: { name: 'onnx-kiln', version: '1.2.3' },
  docString: 'a sample',
};

test('what is written is read again: names, types, shapes, constants, metadata', () => {
  const model = decodeModel(encodeModel(sample(), options));
  assert.deepEqual(
    model.opsetImport.map(({ domain, version }) => [domain, version]),
    [['', 18n]],
  );
  assert.equal(model.irVersion, 8n);
  assert.deepEqual(
    [model.producerName, model.producerVersion, model.docString],
    ['onnx-kiln', '1.2.3', 'a sample'],
  );
  assert.deepEqual(
    model.metadataProps.map(({ key, value }) => [key, value]),
    [
      ['kiln.labels', '["ä","b"]'],
      ['other', ''],
    ],
  );
  const graph = model.graph!;
  assert.equal(graph.name, 'sample');
  const signature = (values: typeof graph.input) =>
    values.map(({ name, type }) => {
      const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined;
      return [name, tensor?.elemType, tensor?.shape?.dim.map((dim) => dim.value.value)];
    });
  assert.deepEqual(signature(graph.input), [['x', TensorProto_DataType.FLOAT, ['batch', 2n, 6n, 6n]]]);
  assert.deepEqual(signature(graph.output), [['y', TensorProto_DataType.FLOAT, ['batch', 4n, 2n, 2n]]]);
  const stored = graph.initializer.find((tensor) => tensor.name === 'conv1/weights');
  assert.deepEqual(stored?.dims, [4n, 2n, 3n, 3n]);
  assert.deepEqual(stored?.rawData, new Uint8Array(weights.buffer));
});

test('a symbolic batch really takes any batch', async () => {
  const session = await openGraph(sample(), options.parameters);
  for (const batch of [1, 3]) {
    const dims = [batch, 2, 6, 6];
    const outputs = await session.run({ x: float32(dims, hashed(dims, 2, 1)) });
    assert.deepEqual(outputs.y?.dims, [batch, 4, 2, 2]);
    assert.equal(floats(outputs, 'y').length, batch * 16);
  }
  await session.release();
});

test('a parameter without values becomes an input', () => {
  const { graph } = decodeModel(encodeModel(sample(), { name: 'sample' }));
  assert.deepEqual(
    graph?.input.map(({ name }) => name),
    ['x', 'conv1/weights'],
  );
});

test('equal graphs give equal bytes, and a changed weight other bytes', () => {
  const bytes = encodeModel(sample(), options);
  assert.deepEqual(encodeModel(sample(), options), bytes);
  const changed = weights.slice();
  changed[0]! += 1;
  const others = encodeModel(sample(), { ...options, parameters: new Map([['conv1/weights', changed]]) });
  assert.notDeepEqual(others, bytes);
});

test('convolutions and pools carry every attribute: onnxruntime-web needs them spelled out', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 2, 6, 6]);
  const w = graph.input('w', 'float32', [4, 2, 3, 3]);
  const y = lrn(maxPool(conv(x, w, { strides: [2, 2] }), { kernel: [1, 1], strides: [1, 1] }), tutorial);
  graph.output('dx', gradients(reduceSum(mul(y, y)), [x])[0]!);
  const required = {
    Conv: ['dilations', 'group', 'kernel_shape', 'pads', 'strides'],
    ConvTranspose: ['dilations', 'group', 'kernel_shape', 'output_padding', 'pads', 'strides'],
    MaxPool: ['ceil_mode', 'dilations', 'kernel_shape', 'pads', 'storage_order', 'strides'],
    AveragePool: ['ceil_mode', 'count_include_pad', 'kernel_shape', 'pads', 'strides'],
  };
  const nodes = decodeModel(encodeModel(graph, { name: 'attributes' })).graph!.node;
  for (const [type, names] of Object.entries(required)) {
    const found = nodes.filter((node) => node.opType === type);
    assert.ok(found.length > 0, `no ${type} among ${nodes.map((node) => node.opType).join(', ')}`);
    for (const node of found) {
      assert.deepEqual(node.attribute.map(({ name }) => name).sort(), names);
      for (const { type: kind } of node.attribute)
        assert.notEqual(kind, AttributeProto_AttributeType.UNDEFINED);
    }
  }
});

test('values of another size than the parameter are refused', () => {
  const parameters = new Map([['conv1/weights', new Float32Array(7)]]);
  assert.throws(() => encodeModel(sample(), { name: 'sample', parameters }), {
    code: 'SHAPE_MISMATCH',
    expected: '72 elements for conv1/weights',
    received: '7 elements',
  });
});
