import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeModel } from '../../onnx/encode.js';
import { Graph } from '../../onnx/graph.js';
import type { DType, Tensor } from '../../onnx/types.js';
import { missingLibrary } from '../../runtime/native-libraries.js';
import { createSession } from '../../runtime/onnxruntime-node.js';
import { tinyModel } from '../fixtures/model.js';

const onCpu = { device: 'cpu', threads: 1 } as const;

const samples: { [T in DType]: Tensor<T> } = {
  float32: { dtype: 'float32', dims: [2, 1], data: Float32Array.of(0.5, -3) },
  int32: { dtype: 'int32', dims: [2], data: Int32Array.of(-7, 2 ** 31 - 1) },
  int64: { dtype: 'int64', dims: [1], data: BigInt64Array.of(2n ** 40n) },
  uint8: { dtype: 'uint8', dims: [3], data: Uint8Array.of(0, 1, 255) },
  bool: { dtype: 'bool', dims: [2], data: Uint8Array.of(0, 1) },
};

test('tensors of every type go in and come out', async () => {
  const graph = new Graph();
  for (const { dtype, dims } of Object.values(samples)) {
    graph.output(`${dtype} out`, graph.input(dtype, dtype, dims));
  }
  const session = await createSession(encodeModel(graph, { name: 'identity' }), onCpu);
  const outputs = await session.run(samples);
  for (const [dtype, sample] of Object.entries(samples)) assert.deepEqual(outputs[`${dtype} out`], sample);
  await session.release();
});

test('only the outputs that are asked for are computed', async () => {
  const session = await createSession(tinyModel(), onCpu);
  const images: Tensor = { dtype: 'uint8', dims: [1, 32, 32, 3], data: new Uint8Array(3072) };
  assert.deepEqual(Object.keys(await session.run({ images }, ['logits'])), ['logits']);
  assert.deepEqual(Object.keys(await session.run({ images })).sort(), ['logits', 'probabilities']);
  await session.release();
});

test('ONNX Runtime’s telemetry is off', () => {
  assert.equal(process.env.ORT_DISABLE_TELEMETRY, '1');
});

test('a graph that the runtime does not know is refused with its reason', async () => {
  await assert.rejects(createSession(Buffer.from('not a model'), onCpu), {
    code: 'MODEL_INVALID',
    received: /./,
  });
});

test('a graph whose first run fails is refused as well', async () => {
  const tryOut = () => Promise.reject(new Error('no such kernel'));
  await assert.rejects(createSession(tinyModel(), { ...onCpu, tryOut }), {
    code: 'MODEL_INVALID',
    received: 'no such kernel',
  });
});

const noCuda = missingLibrary('cuda');

test('auto falls back to the CPU and says why', {
  skip: noCuda === undefined && 'CUDA is installed',
}, async () => {
  const session = await createSession(tinyModel(), { device: 'auto', threads: 1 });
  assert.equal(session.provider, 'cpu');
  assert.deepEqual(session.failed, [{ provider: 'cuda', reason: noCuda }]);
  await session.release();
});

test('a device that was asked for by name never falls back', {
  skip: noCuda === undefined && 'CUDA is installed',
}, async () => {
  await assert.rejects(createSession(tinyModel(), { device: 'cuda:1', threads: 1 }), {
    code: 'DEVICE_UNAVAILABLE',
    expected: 'a device for cuda:1',
    received: `cuda: ${noCuda}`,
  });
});
