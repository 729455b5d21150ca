import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { toBinary } from '@bufbuild/protobuf';
import { KilnError } from '../../errors/errors.js';
import { decodeModel } from '../../onnx/decode.js';
import { startServer } from '../../serve/server.js';
import { ModelProtoSchema } from '../../third_party/onnx/onnx_pb.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { png } from './pictures.js';

const quiet = { port: 0, device: 'cpu', workers: 1, logLevel: 'silent' } as const;

test('a model file is served on an address until it is closed', async (t) => {
  const path = join(await temporaryFolder(t), 'model.onnx');
  await writeFile(path, tinyModel({ name: 'from-a-file' }));
  const server = await startServer({ ...quiet, models: path });
  assert.match(server.address, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(server.models.find().name, 'from-a-file');
  assert.equal(server.pool.provider, 'cpu');
  const body = new Blob([Buffer.from(await png(1))], { type: 'image/png' });
  const response = await fetch(`${server.address}/classify`, { method: 'POST', body });
  assert.equal(response.status, 200);
  await Promise.all([server.close(), server.close()]);
  await assert.rejects(fetch(`${server.address}/health/live`), { name: 'TypeError' });
});

test('asked for any device, it tells what it tried before the one in use', async (t) => {
  const server = await startServer({ ...quiet, device: 'auto', models: tinyModel() });
  t.after(() => server.close());
  const { runtime } = await (await fetch(`${server.address}/model`)).json();
  if (runtime.provider === 'cuda') {
    assert.deepEqual(runtime.failed, []);
  } else {
    assert.equal(runtime.provider, 'cpu');
    assert.equal(runtime.failed[0].provider, 'cuda');
    assert.ok(runtime.failed[0].reason.length > 0);
  }
});

/** The tiny model with its input under another name. */
function otherInput(): Uint8Array {
  const model = decodeModel(tinyModel());
  const [input] = model.graph?.input ?? [];
  assert.ok(input !== undefined);
  input.name = 'pixels';
  return toBinary(ModelProtoSchema, model);
}

const refusedModels = {
  'cut short': {
    model: () => tinyModel().subarray(0, 9000),
    code: 'MODEL_INVALID',
    expected: /./,
  },
  'not ONNX': { model: () => Buffer.from('{"not":"onnx"}'), code: 'MODEL_INVALID', expected: /ONNX/ },
  'with another input': {
    model: otherInput,
    code: 'MODEL_INVALID',
    expected: /images uint8 \[batch/,
  },
  'that does not exist': {
    model: () => join('no', 'such', 'model.onnx'),
    code: 'MODEL_NOT_FOUND',
    expected: /an ONNX file at .*model\.onnx/,
  },
} as const;

for (const [name, { model, code, expected }] of Object.entries(refusedModels)) {
  test(`a model file ${name} is refused at start`, async () => {
    await assert.rejects(startServer({ ...quiet, models: model() }), (error) => {
      assert.ok(error instanceof KilnError, String(error));
      assert.equal(error.code, code);
      assert.match(error.expected, expected);
      assert.ok(error.received.length > 0);
      return true;
    });
  });
}

test('an address that is taken is refused, and the workers end', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo; // a TCP server has no other
  await assert.rejects(startServer({ ...quiet, models: tinyModel(), port }), { code: 'ADDRESS_IN_USE' });
});

test('options out of range are refused', async () => {
  for (const option of [
    { maxBatch: 0 },
    { queueRows: 0.5 },
    { deadlineMs: Number.NaN },
    { maxDelayMs: -1 },
  ]) {
    const [name = ''] = Object.keys(option);
    await assert.rejects(startServer({ ...quiet, models: tinyModel(), ...option }), (error) => {
      assert.ok(error instanceof KilnError && error.code === 'OPTION_INVALID', String(error));
      assert.match(error.expected, new RegExp(`^${name}: a whole number`));
      return true;
    });
  }
});
