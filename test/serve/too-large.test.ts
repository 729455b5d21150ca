import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { InstantPool } from './hand-run-pool.js';
import { png } from './pictures.js';
import { answerOf, openAppOn, post, postForm, refusalOf } from './serving.js';

test('a raw body above the limit is refused', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { limits: { fileBytes: 5000 } });
  const response = await post(app, new Uint8Array(5001));
  assert.equal(response.statusCode, 413);
  assert.equal(refusalOf(response).code, 'REQUEST_TOO_LARGE');
  assert.deepEqual(
    [refusalOf(response).expected, refusalOf(response).received],
    ['at most 5000 bytes', '5001 bytes'],
  );
  assert.equal((await post(app, await png(1))).statusCode, 200, 'the control: a smaller one is not');
});

test('a raw body that does not tell its length is cut off at the limit', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { limits: { fileBytes: 5000 } });
  const address = await app.listen({ port: 0 });
  const sent = request(`${address}/classify`, { method: 'POST', headers: { 'content-type': 'image/png' } });
  sent.write(new Uint8Array(5001)); // written before the end: chunked
  sent.end();
  const [response] = await once(sent, 'response');
  assert.equal(response.statusCode, 413);
});

test('in a form the file above the limit is refused alone', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { limits: { fileBytes: 5000 } });
  const response = await postForm(app, { 'large.png': new Uint8Array(5001), 'good.png': await png(1) });
  assert.equal(response.statusCode, 200, response.body);
  const [large, good] = answerOf(response).results;
  assert.ok(large !== undefined && 'error' in large);
  assert.equal(large.error.code, 'REQUEST_TOO_LARGE');
  assert.ok(good !== undefined && 'predictions' in good);

  const alone = await postForm(app, { 'large.png': new Uint8Array(5001) });
  assert.equal(alone.statusCode, 413);
});

test('a form above the limit for requests is refused', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { limits: { requestBytes: 5000 } });
  const response = await postForm(app, { 'a.png': await png(1), 'b.png': await png(2) });
  assert.equal(response.statusCode, 413);
  assert.equal(refusalOf(response).code, 'REQUEST_TOO_LARGE');
});

test('too many files', async (t) => {
  const app = await openAppOn(t, new InstantPool(1));
  const small = await png(1);
  const files = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.png`, small]));
  const response = await postForm(app, files(33));
  assert.equal(response.statusCode, 413, response.body);
  assert.equal(refusalOf(response).code, 'REQUEST_TOO_LARGE');
  assert.equal((await postForm(app, files(32))).statusCode, 200, 'the control: 32 are not too many');
});

test('requests that together exceed the budget are put off', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { limits: { totalBytes: 100_000 } });
  const response = await post(app, new Uint8Array(100_001));
  assert.equal(response.statusCode, 503);
  assert.equal(response.headers['retry-after'], '1');
  assert.equal(refusalOf(response).code, 'QUEUE_FULL');
  const fits = await png(1, 160);
  assert.ok(fits.length > 64 * 1024 && fits.length < 100_000);
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await post(app, fits)).statusCode, 200, 'the control: what was answered is forgotten');
  }
});
