import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeApiKey } from '../../serve/access/api-key-file.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { InstantPool } from './hand-run-pool.js';
import { form, openAppOn } from './serving.js';

test('no answer, and no refusal of any kind, has a path of this machine in it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'good.onnx'), tinyModel({ name: 'good' }));
  await writeFile(join(folder, 'broken.onnx'), 'not a model');
  const pageFolder = join(folder, 'page');
  const places = [
    process.cwd(),
    homedir(),
    tmpdir(),
    folder,
    fileURLToPath(new URL('../..', import.meta.url)),
  ];
  const { key, line } = makeApiKey('alice');
  const apiKeys = join(folder, 'keys.txt');
  await writeFile(apiKeys, line);
  assert.ok(places.every((place) => place.length > 2));

  const app = await openAppOn(t, new InstantPool(1), {
    source: { kind: 'folder', path: folder },
    dataDir: join(folder, 'data'),
    modelControl: true,
    apiKeys,
  });
  const picture = { headers: { 'content-type': 'image/png' } };
  const json = { headers: { 'content-type': 'application/json' } };
  const evaluation = (dataset: string) => ({ dataset, split: 'test' });
  const requests = [
    { url: '/model' },
    { url: '/model?model=broken' },
    { url: '/models' },
    { url: '/statistics' },
    { url: '/metrics' },
    { url: '/nowhere' },
    { url: '/..%2f..%2fetc%2fpasswd' },
    { url: '/%' },
    { url: '/evaluations/none' },
    { method: 'POST', url: '/classify' },
    { method: 'POST', url: '/classify?model=broken', ...picture, payload: 'x' },
    { method: 'POST', url: '/classify', ...picture, payload: 'not a picture' },
    { method: 'POST', url: '/classify', ...picture, payload: Buffer.from('89504e470d0a1a0a00', 'hex') },
    { method: 'POST', url: '/classify', ...json, payload: '{}' },
    { method: 'POST', url: '/classify', ...(await form({ '../../x.png': new Uint8Array(9) })) },
    { method: 'POST', url: '/classify', headers: { 'content-type': 'multipart/form-data' }, payload: 'x' },
    { method: 'POST', url: '/evaluations', ...json, payload: '{"dataset":' },
    ...['cifar10', 'cifar100', 'svhn', 'folder', 'none', '../../etc'].map((dataset) => ({
      method: 'POST' as const,
      url: '/evaluations',
      ...json,
      payload: JSON.stringify(evaluation(dataset)),
    })),
    { url: '/v2' },
    { url: '/v2/models/broken' },
    { url: '/v2/models/none' },
    { url: '/v2/models/good/config' },
    { method: 'POST', url: '/v2/models/good/infer', ...json, payload: '{}' },
    { method: 'POST', url: '/v2/models/good/infer', ...json, payload: '{"inputs":' },
    { method: 'POST', url: '/v2/repository/index', ...json, payload: '{}' },
    { method: 'POST', url: '/v2/repository/models/broken/load', ...json, payload: '{}' },
    { method: 'POST', url: '/v2/repository/models/none/load', ...json, payload: '{}' },
    { method: 'POST', url: '/v2/repository/models/..%2f..%2fetc/load', ...json, payload: '{}' },
  ] as const;
  const leaksOf = (text: string) => places.filter((place) => text.includes(place));
  let refused = 0;
  for (const request of requests) {
    const headers = { ...('headers' in request && request.headers), 'x-api-key': key };
    for (const given of [headers, {}]) {
      const { body, headers: answered, statusCode } = await app.inject({ ...request, headers: given });
      if (statusCode >= 400) refused += 1;
      assert.ok(statusCode < 500 || statusCode === 503, `${request.url}: ${body}`);
      assert.deepEqual(leaksOf(`${JSON.stringify(answered)}${body}`), [], `${request.url}: ${body}`);
    }
  }
  assert.ok(refused > requests.length, 'most of these are refused');
  const before = openAppOn(t, new InstantPool(1), { pageFolder });
  const text = await before.then(String, (error) => JSON.stringify(error));
  assert.notDeepEqual(leaksOf(text), [], 'the control: a refusal to start names the folder');
});
