import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { openApp } from '../serving.js';
import { postJson } from './protocol.js';

/** A service with model control over `cat` version 1 and `dog` versions 1 and 2. */
async function openControlled(t: TestContext): Promise<{ app: FastifyInstance; folder: string }> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'cat.onnx'), tinyModel());
  for (const version of ['1', '2']) {
    await mkdir(join(folder, 'dog', version), { recursive: true });
    await writeFile(join(folder, 'dog', version, 'model.onnx'), tinyModel({ seed: Number(version) }));
  }
  const app = await openApp(t, { source: { kind: 'folder', path: folder }, modelControl: true });
  return { app, folder };
}

const control = (app: FastifyInstance, name: string, action: 'load' | 'unload', body = {}) =>
  postJson(app, `/v2/repository/models/${name}/${action}`, body);

async function index(app: FastifyInstance, body = {}): Promise<string[]> {
  const response = await postJson(app, '/v2/repository/index', body);
  return response
    .json<Record<string, string>[]>()
    .map(({ name, version, state, reason }) => [name, version, state, reason].join(' ').trim());
}

test('models are unloaded, and loaded again, by request', async (t) => {
  const { app } = await openControlled(t);
  assert.deepEqual(await index(app), ['cat 1 READY', 'dog 1 READY', 'dog 2 READY']);
  const unloaded = await control(app, 'dog', 'unload', { parameters: { unload_dependents: false } });
  assert.deepEqual([unloaded.statusCode, unloaded.body], [200, '']);
  assert.deepEqual(await index(app), [
    'cat 1 READY',
    'dog 1 UNAVAILABLE not loaded',
    'dog 2 UNAVAILABLE not loaded',
  ]);
  assert.deepEqual(await index(app, { ready: true }), ['cat 1 READY']);
  assert.equal((await app.inject('/v2/models/dog/ready')).statusCode, 404);
  assert.equal((await control(app, 'dog', 'load')).statusCode, 200);
  assert.deepEqual((await app.inject('/v2/models/dog')).json().versions, ['1', '2']);
});

test('a file that is refused leaves the old one serving and says why', async (t) => {
  const { app, folder } = await openControlled(t);
  await writeFile(join(folder, 'cat.onnx'), 'no model');
  const response = await control(app, 'cat', 'load');
  assert.equal(response.statusCode, 422);
  assert.deepEqual(Object.keys(response.json()), ['error']);
  assert.ok(!response.body.includes(folder), 'no path of the machine in an answer');
  const [cat] = await index(app);
  assert.match(cat ?? '', /^cat 1 READY The file is not a whole ONNX model\./);
  assert.equal((await app.inject('/v2/models/cat/ready')).statusCode, 200);
});

test('what cannot be loaded or unloaded is refused', async (t) => {
  const { app } = await openControlled(t);
  const refused = [
    [await control(app, 'bird', 'load'), 404, /a model file for bird/],
    [await control(app, 'bird', 'unload'), 404, /received bird/],
    [await control(app, 'cat', 'load', { parameters: { config: '{}' } }), 400, /no \/parameters\/config/],
    [await postJson(app, '/v2/repository/index', { ready: 1 }), 400, /\/ready that must be boolean/],
  ] as const;
  for (const [response, status, error] of refused) {
    assert.equal(response.statusCode, status, response.body);
    assert.match(response.json().error, error);
  }
});

test('without model control the files are listed and left alone', async (t) => {
  const app = await openApp(t);
  assert.deepEqual(await index(app), ['tiny 1 READY']);
  for (const action of ['load', 'unload'] as const) {
    const response = await control(app, 'tiny', action);
    assert.equal(response.statusCode, 503);
    assert.match(response.json().error, /^explicit model load \/ unload is not allowed/);
    assert.equal(response.headers['retry-after'], undefined, 'waiting does not help');
  }
  assert.equal((await app.inject('/v2/models/tiny/ready')).statusCode, 200);
});
