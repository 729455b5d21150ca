import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingLibrary } from '../../runtime/native-libraries.js';
import { chooseEngine } from '../../train/engines.js';
import { loadTensorFlow, nativeInstalled } from '../../train/tfjs/tensorflow.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { trainSmall } from './small-run.js';

test('the engine that is named is taken', async () => {
  for (const engine of ['onnx', 'tfjs'] as const) {
    assert.deepEqual(await chooseEngine({ engine, device: 'auto' }), { engine, why: 'it was asked for' });
  }
});

test('auto takes onnx on a CPU', async () => {
  const choice = await chooseEngine({ engine: 'auto', device: 'cpu' });
  assert.deepEqual(choice, { engine: 'onnx', why: 'on a CPU it is the faster one' });
});

test('auto names each runtime that has no GPU, and why', async (t) => {
  if (missingLibrary('cuda') === undefined || nativeInstalled()) {
    t.skip('a GPU provider is installed here');
    return;
  }
  const { engine, why } = await chooseEngine({ engine: 'auto', device: 'auto' });
  assert.equal(engine, 'onnx');
  assert.match(why, /^no GPU computes here \(onnxruntime-node: .+; TensorFlow: .+ is not installed\)$/);
});

test('tfjs refuses a GPU that is not there', async (t) => {
  if (nativeInstalled()) {
    t.skip('@tensorflow/tfjs-node-gpu is installed here');
    return;
  }
  const received = '@tensorflow/tfjs-node-gpu is not installed';
  for (const device of ['cuda', 'cuda:1'] as const) {
    const expected = `TensorFlow.js on ${device}`;
    await assert.rejects(loadTensorFlow({ device }), { code: 'DEVICE_UNAVAILABLE', expected, received });
  }
});

test('tfjs has no webgpu in Node', async () => {
  await assert.rejects(loadTensorFlow({ device: 'webgpu' }), {
    code: 'DEVICE_UNAVAILABLE',
    expected: 'TensorFlow.js on webgpu',
  });
});

for (const [engine, said] of [
  ['tfjs', /^tfjs engine on (wasm|tensorflow cpu)/m],
  ['auto', /^onnx engine: on a CPU it is the faster one\n.*onnx engine on cpu/ms],
] as const) {
  test(`a run with engine ${engine} trains, and its log tells what computed`, async (t) => {
    const messages: string[] = [];
    const result = await trainSmall({
      engine,
      runs: await temporaryFolder(t),
      steps: 3,
      onEvent: (event) => {
        if (event.kind === 'message') messages.push(event.text);
      },
    });
    assert.equal(result.step, 3);
    assert.match(messages.join('\n'), said);
  });
}
