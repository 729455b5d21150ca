import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { decodeModel } from '../../onnx/decode.js';
import { encodeModel } from '../../onnx/encode.js';
import { Graph } from '../../onnx/graph.js';
import { dense, relu } from '../../onnx/operators/index.js';
import { GraphProtoSchema, ModelProtoSchema } from '../../third_party/onnx/onnx_pb.js';
import { hashed } from '../fixtures/numbers.js';

const spec = { initialiser: { kind: 'constant', value: 0 }, decay: 0 } as const;
const refusal = { name: 'KilnError', code: 'MODEL_INVALID' } as const;

function sample(): Uint8Array {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 3]);
  const weights = graph.parameter('weights', [3, 4], spec);
  graph.output('y', relu(dense(x, weights, graph.parameter('biases', [4], spec))));
  const parameters = new Map([
    ['weights', hashed([3, 4], 1, 1)],
    ['biases', hashed([4], 2, 1)],
  ]);
  return encodeModel(graph, { name: 'sample', parameters, docString: 'cut me' });
}

test('a file that is cut anywhere is refused', () => {
  const bytes = sample();
  for (let length = 0; length < bytes.length; length += 1)
    assert.throws(() => decodeModel(bytes.subarray(0, length)), refusal, `cut after ${length} bytes`);
});

test('control: the same file whole is not', () => {
  assert.equal(decodeModel(sample()).graph?.node.length, 3);
});

test('an empty file is named so', () => {
  assert.throws(() => decodeModel(new Uint8Array(0)), {
    ...refusal,
    expected: 'a whole ONNX file (ModelProto with a graph)',
    received: 'an empty file',
  });
});

const strangers = {
  'a PNG': Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 73, 72, 68, 82),
  'a JPEG': Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1),
  'a ZIP': Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0),
  'a text': new TextEncoder().encode('{"model": "not this one"}\n'),
  'an HTML page': new TextEncoder().encode('<!doctype html><title>404</title>'),
  zeros: new Uint8Array(64),
  noise: Uint8Array.from(hashed([512], 3, 128), (value) => value + 128),
} as const;

for (const [name, bytes] of Object.entries(strangers)) {
  test(`${name} is refused`, () => {
    assert.throws(() => decodeModel(bytes), { ...refusal, expected: /whole ONNX file/ });
  });
}

test('a model without nodes is refused', () => {
  const empty = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 18n }],
    graph: create(GraphProtoSchema, { name: 'empty' }),
  });
  assert.throws(() => decodeModel(toBinary(ModelProtoSchema, empty)), {
    ...refusal,
    received: 'a message without graph nodes',
  });
});
