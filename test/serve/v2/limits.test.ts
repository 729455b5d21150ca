import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { LightMyRequestResponse } from 'fastify';
import { frames } from '../../fixtures/frames.js';
import { HandRunPool, InstantPool, turn } from '../hand-run-pool.js';
import { openAppOn } from '../serving.js';
import { binaryBody, inDocument, inferUrl, postBinary, postJson } from './protocol.js';

const one = binaryBody([1, 32, 32, 3], frames(1));
const pool = () => new InstantPool(1, 10);

/** The protocol's error object and nothing else. */
function assertRefused(response: LightMyRequestResponse, status: number, error: RegExp): void {
  assert.equal(response.statusCode, status, response.body);
  assert.deepEqual(Object.keys(response.json()), ['error']);
  assert.match(response.json().error, error);
}

test('binary bodies may hold as many rows as may wait', async (t) => {
  const app = await openAppOn(t, pool(), { queueRows: 4 });
  const rows = (count: number) => binaryBody([count, 32, 32, 3], frames(count));
  assert.equal((await postBinary(app, rows(4))).statusCode, 200);
  assertRefused(await postBinary(app, rows(5)), 400, /n from 1 to 4; received \[5, /);
  assertRefused(await postBinary(app, rows(50)), 413, /at most 114688 bytes; received \d+ bytes/);
});

test('a document may have 4 MiB', async (t) => {
  const app = await openAppOn(t, pool());
  const document = inDocument({ shape: [1, 32, 32, 3], data: [...frames(1)] });
  const padded = (bytes: number) => ({ ...document, more: ' '.repeat(bytes) });
  assert.equal((await postJson(app, inferUrl, padded(4e6))).statusCode, 200);
  assertRefused(await postJson(app, inferUrl, padded(4.2e6)), 413, /at most 4194304 bytes/);
});

test('a body is as large as it is when decompressed', async (t) => {
  const app = await openAppOn(t, pool(), { queueRows: 4 });
  const bomb = gzipSync(Buffer.alloc(1e6));
  assert.ok(bomb.length < 2000);
  const headers = { 'content-encoding': 'gzip' };
  assertRefused(await postBinary(app, [bomb, '10'], headers), 413, /more when decompressed/);
  assertRefused(await postBinary(app, [Buffer.from('no gzip'), '10'], headers), 400, /compressed/);
  assertRefused(
    await postBinary(app, one, { 'content-encoding': 'br' }),
    415,
    /gzip or deflate; received br/,
  );
});

test('a body that does not tell its length is cut off at the limit', async (t) => {
  const app = await openAppOn(t, pool(), { queueRows: 4 });
  const address = await app.listen({ port: 0 });
  const headers = { 'inference-header-content-length': '10' };
  const sent = request(`${address}${inferUrl}`, { method: 'POST', headers });
  sent.write(new Uint8Array(200_000)); // written before the end: chunked
  sent.end();
  const [response] = await once(sent, 'response');
  assert.equal(response.statusCode, 413);
  assert.deepEqual(Object.keys(JSON.parse(await text(response))), ['error']);
});

test('content types that no client of the protocol sends are refused', async (t) => {
  const app = await openAppOn(t, pool());
  for (const type of ['image/png', 'text/plain', 'nonsense']) {
    assertRefused(await postBinary(app, one, { 'content-type': type }), 415, new RegExp(type));
  }
  const payload = inDocument({ shape: [1, 32, 32, 3], data: [...frames(1)] });
  for (const type of ['application/json; charset=utf-8', 'application/x-www-form-urlencoded']) {
    const headers = { 'content-type': type };
    const response = await app.inject({
      method: 'POST',
      url: inferUrl,
      headers,
      payload: JSON.stringify(payload),
    });
    assert.equal(response.statusCode, 200, type);
  }
});

test('a full queue is 503 with Retry-After', async (t) => {
  const slow = new HandRunPool(1, 10);
  const app = await openAppOn(t, slow, { queueRows: 1 });
  const running = postBinary(app, one);
  await slow.begun(1);
  const waiting = postBinary(app, one);
  await turn();
  const full = await postBinary(app, one);
  assertRefused(full, 503, /at most 1 pictures waiting/);
  assert.equal(full.headers['retry-after'], '1');
  slow.batches[0]!.finish();
  await slow.begun(2);
  slow.batches[1]!.finish();
  const accepted = [(await running).statusCode, (await waiting).statusCode];
  assert.deepEqual(accepted, [200, 200], 'the control: the others are answered');
});

test('a request may wait no longer than its timeout', async (t) => {
  const slow = new HandRunPool(1, 10);
  const app = await openAppOn(t, slow);
  const running = postBinary(app, one);
  await slow.begun(1);
  const timeout = { parameters: { timeout: 2000 } };
  const waiting = await postBinary(app, binaryBody([1, 32, 32, 3], frames(1), 'UINT8', timeout));
  assertRefused(waiting, 504, /a run within 2 ms/);
  slow.batches[0]!.finish();
  assert.equal((await running).statusCode, 200, 'the control: what runs is not touched');
});

test('a run that fails is the request’s failure', async (t) => {
  const slow = new HandRunPool(1, 10);
  const app = await openAppOn(t, slow);
  const running = postBinary(app, one);
  await slow.begun(1);
  slow.batches[0]!.fail(new Error('secret'));
  const response = await running;
  assertRefused(response, 500, /./);
  assert.doesNotMatch(response.body, /secret/);
});
