import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBinary } from '@bufbuild/protobuf';
import { uniform } from '../../../data/random.js';
import type { Range } from '../../../export/precision/affine.js';
import { quantise, quantisedValues } from '../../../export/precision/quantise.js';
import { decodeModel } from '../../../onnx/decode.js';
import { encodeModel } from '../../../onnx/encode.js';
import { Graph, type Value } from '../../../onnx/graph.js';
import {
  add,
  batchedMatMul,
  conv,
  dense,
  flatten,
  matMul,
  maxPool,
  relu,
  reshape,
} from '../../../onnx/operators/index.js';
import { sizeOf } from '../../../onnx/shape.js';
import { createSession } from '../../../runtime/onnxruntime-node.js';
import type { ModelProto } from '../../../third_party/onnx/onnx_pb.js';
import { ModelProtoSchema } from '../../../third_party/onnx/onnx_pb.js';

const dims = [2, 3, 8, 8] as const;
const images = noise(dims, 0);

function noise(shape: readonly number[], stream: number): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, index) => uniform(7, stream, index) * 2 - 1);
}

/** A float32 model of one output, `y`, its weights noise. */
function modelOf(build: (x: Value, weights: (...shape: number[]) => Value) => Value): ModelProto {
  const graph = new Graph();
  const values = new Map<string, Float32Array>();
  const weights = (...shape: number[]) => {
    const name = `w${values.size}`;
    values.set(name, noise(shape, values.size + 1));
    return graph.parameter(name, shape, { initialiser: { kind: 'constant', value: 0 }, decay: 0 });
  };
  graph.output('y', build(graph.input('x', 'float32', dims), weights));
  return decodeModel(encodeModel(graph, { name: 'test', parameters: values }));
}

async function run(model: ModelProto): Promise<Float32Array> {
  const session = await createSession(toBinary(ModelProtoSchema, model), { device: 'cpu', threads: 1 });
  try {
    const { y } = await session.run({ x: { dtype: 'float32', dims, data: images } });
    assert.ok(y?.data instanceof Float32Array);
    return y.data;
  } finally {
    await session.release();
  }
}

/** √(mean squared error / mean square) of the quantised model. */
async function relativeError(model: ModelProto, ranges: (name: string) => Range): Promise<number> {
  const expected = await run(model);
  const values = quantisedValues(model);
  const actual = await run(quantise(model, new Map(values.map((name) => [name, ranges(name)]))));
  const sum = (numbers: Float32Array) => numbers.reduce((total, number) => total + number * number, 0);
  return Math.sqrt(sum(actual.map((value, index) => value - expected[index]!)) / sum(expected));
}

const wide = { low: -24, high: 24 };

/** Each kind of product, and what networks do around them. */
const models = {
  'a convolution with a bias behind a ReLU': modelOf((x, w) =>
    relu(conv(x, w(4, 3, 3, 3), { bias: w(4), padding: 'same' })),
  ),
  'a convolution without a bias, whose answer is used twice': modelOf((x, w) => {
    const y = conv(x, w(4, 3, 3, 3));
    return add(y, relu(y));
  }),
  'two convolutions with the same weights': modelOf((x, w) => {
    const [weights, bias] = [w(3, 3, 3, 3), w(3)];
    const again = (value: Value) => conv(value, weights, { bias, padding: 'same' });
    return again(maxPool(relu(again(x)), { kernel: [2, 2], strides: [2, 2] }));
  }),
  'a fully connected layer': modelOf((x, w) => dense(flatten(x), w(192, 5), w(5))),
  'a product with a transposed matrix': modelOf((x, w) =>
    matMul(flatten(x), w(5, 192), { transposeB: true }),
  ),
  'a stack of products': modelOf((x, w) => batchedMatMul(reshape(x, [6, 8, 8]), w(6, 8, 5))),
};

for (const [name, model] of Object.entries(models)) {
  test(`${name}: integers answer nearly the same`, async () => {
    const inputs = (value: string) =>
      value === 'x' || value.startsWith('reshape') ? { low: -1, high: 1 } : wide;
    assert.ok((await relativeError(model, inputs)) < 0.1);
    const narrow = () => ({ low: -0.1, high: 0.1 });
    assert.ok((await relativeError(model, narrow)) > 0.5, 'control: ranges that are far too narrow');
  });
}

test('float32 weights are gone from the file, and shared ones are stored once', () => {
  const model = models['two convolutions with the same weights'];
  const { graph } = quantise(model, new Map(quantisedValues(model).map((name) => [name, wide])));
  const names = graph!.initializer.map((tensor) => `${tensor.name}:${tensor.dataType}`);
  assert.deepEqual(
    names.filter((name) => /^w0(_\d)?:/.test(name)),
    ['w0:3'],
  );
  assert.deepEqual(
    names.filter((name) => /^w1(_\d)?:/.test(name)),
    ['w1:6'],
    'with equal ranges the biases are counted in equal units',
  );
});

test('a product of two computed values stays as it is', () => {
  const model = modelOf((x) => {
    const rows = reshape(x, [6, 8, 8]);
    return batchedMatMul(rows, relu(rows));
  });
  assert.deepEqual(quantisedValues(model), []);
});
