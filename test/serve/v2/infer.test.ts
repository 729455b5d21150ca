import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import type { Classifier } from '../../../runtime/classifier.js';
import { loadClassifier } from '../../../runtime/node-classifier.js';
import { frames } from '../../fixtures/frames.js';
import { cifar10Labels, tinyModel } from '../../fixtures/model.js';
import { startApp } from '../serving.js';
import { binaryAnswer, binaryBody, floats, inDocument, inferUrl, postBinary, postJson } from './protocol.js';

let app: FastifyInstance;
let close: () => Promise<void>;
let classifier: Classifier;
before(async () => {
  ({ app, close } = await startApp());
  classifier = await loadClassifier(tinyModel(), { device: 'cpu', threads: 1 });
});
after(async () => {
  await close();
  await classifier.close();
});

const four = frames(4);
const shape = [4, 32, 32, 3];
const binaryOutput = { parameters: { binary_data_output: true } };

function assertClose(received: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(received.length, expected.length);
  for (let i = 0; i < expected.length; i += 1) assert.ok(Math.abs(received[i]! - expected[i]!) < 1e-6);
}

test('a batch in JSON gets the model’s own probabilities, and its id', async () => {
  const response = await postJson(app, inferUrl, {
    ...inDocument({ shape, data: [...four] }),
    id: 'my request',
  });
  assert.equal(response.statusCode, 200, response.body);
  const { outputs, ...others } = response.json();
  assert.deepEqual(others, { model_name: 'tiny', model_version: '1', id: 'my request' });
  const [{ data, ...described }] = outputs;
  assert.deepEqual(described, { name: 'probabilities', datatype: 'FP32', shape: [4, 10] });
  assertClose(data, await classifier.classify(four, 4));
  assert.throws(() => assertClose(data, new Float32Array(40)), 'the control');
});

test('a batch in binary gets its answer in binary', async () => {
  const response = await postBinary(app, binaryBody(shape, four, 'UINT8', binaryOutput));
  assert.equal(response.statusCode, 200, response.body);
  assert.equal(response.headers['content-type'], 'application/octet-stream');
  const { document, tensors } = binaryAnswer(response);
  assert.deepEqual(document.outputs, [
    { name: 'probabilities', datatype: 'FP32', shape: [4, 10], parameters: { binary_data_size: 160 } },
  ]);
  assertClose(floats(tensors), await classifier.classify(four, 4));
});

test('a body without a document is one picture', async () => {
  const response = await postBinary(app, [Buffer.from(frames(1)), '0']);
  assertClose(floats(binaryAnswer(response).tensors), await classifier.classify(frames(1), 1));
});

test('a request larger than a batch is divided and answered whole', async () => {
  const many = frames(100);
  const response = await postBinary(app, binaryBody([100, 32, 32, 3], many, 'UINT8', binaryOutput));
  assertClose(floats(binaryAnswer(response).tensors), await classifier.classify(many, 100));
  const stats = await app.inject('/v2/models/tiny/stats');
  const sizes = stats.json().model_stats[0].batch_stats.map((one: { batch_size: number }) => one.batch_size);
  assert.ok(Math.max(...sizes) <= 32, `${sizes}`);
});

test('classification gives the highest of each row as value:index:label', async () => {
  const outputs = (parameters: object) => ({ outputs: [{ name: 'probabilities', parameters }] });
  const request = inDocument({ shape, data: [...four] });
  const inJson = await postJson(app, inferUrl, { ...request, ...outputs({ classification: 2 }) });
  const [output] = inJson.json().outputs;
  assert.deepEqual([output.datatype, output.shape], ['BYTES', [4, 2]]);
  const probabilities = await classifier.classify(four, 4);
  for (let row = 0; row < 4; row += 1) {
    const values = [...probabilities.subarray(row * 10, row * 10 + 10)];
    const expected = values
      .map((value, index) => ({ value, text: `${value.toFixed(6)}:${index}:${cifar10Labels[index]}` }))
      .sort((a, b) => b.value - a.value)
      .slice(0, 2);
    assert.deepEqual(
      output.data.slice(row * 2, row * 2 + 2),
      expected.map(({ text }) => text),
    );
  }
  const inBinary = await postJson(app, inferUrl, {
    ...request,
    ...outputs({ classification: 2, binary_data: true }),
  });
  const { document, tensors } = binaryAnswer(inBinary);
  assert.deepEqual(document.outputs[0]?.shape, [4, 2]);
  assert.deepEqual(stringsOf(tensors), output.data);
  const all = await postJson(app, inferUrl, { ...request, ...outputs({ classification: 1000 }) });
  assert.deepEqual(all.json().outputs[0].shape, [4, 10], 'no more than there are');
});

/** Elements of a BYTES tensor. */
function stringsOf(tensor: Buffer): string[] {
  const strings = [];
  for (let at = 0; at < tensor.length; ) {
    const end = at + 4 + tensor.readUInt32LE(at);
    strings.push(tensor.toString('utf8', at + 4, end));
    at = end;
  }
  return strings;
}

test('compressed bodies', async () => {
  const [body, headerLength] = binaryBody(shape, four, 'UINT8', binaryOutput);
  const plain = await postBinary(app, [body, headerLength]);
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const) {
    const response = await postBinary(app, [compress(body), headerLength], { 'content-encoding': encoding });
    assert.ok(response.rawPayload.equals(plain.rawPayload), encoding);
  }
});

test('statistics count rows, runs and requests', async () => {
  const stat = async () => (await app.inject('/v2/models/tiny/versions/1/stats')).json().model_stats[0];
  const before = await stat();
  await postBinary(app, binaryBody(shape, four));
  const after = await stat();
  assert.equal(after.inference_count - before.inference_count, 4);
  assert.equal(after.execution_count - before.execution_count, 1);
  assert.equal(after.inference_stats.success.count - before.inference_stats.success.count, 1);
  assert.ok(after.inference_stats.compute_infer.ns > before.inference_stats.compute_infer.ns);
  assert.ok(after.last_inference >= before.last_inference && after.last_inference <= Date.now());
  const ofAll = await app.inject('/v2/models/stats');
  assert.deepEqual(ofAll.json().model_stats, [after]);
});
