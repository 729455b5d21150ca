import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Static } from 'typebox';
import { Check } from 'typebox/value';
import { modelCard } from '../../serve/models/routes.js';
import { cifar10Labels, tinyModel } from '../fixtures/model.js';
import { HandRunPool } from './hand-run-pool.js';
import { openApp, openAppOn, refusalOf } from './serving.js';

test('the card tells what is served and how it runs', async (t) => {
  const app = await openApp(t, { workers: 2, maxBatch: 16 });
  const card = (await app.inject('/model')).json<Static<typeof modelCard>>();
  assert.ok(Check(modelCard, card));
  assert.equal(card.metadata.name, 'tiny');
  assert.deepEqual(card.metadata.labels, cifar10Labels);
  assert.deepEqual(card.runtime, {
    provider: 'cpu',
    failed: [],
    workers: 2,
    threadsPerWorker: 1,
    replacedWorkers: 0,
  });
  assert.equal(card.batching.maxBatch, 16);
});

test('the file is served byte for byte, and revalidated by its digest', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const response = await app.inject('/model/file');
  const digest = createHash('sha256').update(tinyModel()).digest('hex');
  assert.equal(response.statusCode, 200);
  assert.equal(createHash('sha256').update(response.rawPayload).digest('hex'), digest);
  assert.equal(response.headers['content-type'], 'application/octet-stream');
  assert.equal(response.headers.etag, `"${digest}"`);
  assert.equal(response.headers['cache-control'], 'no-cache');

  const again = await app.inject({ url: '/model/file', headers: { 'if-none-match': `"${digest}"` } });
  assert.deepEqual([again.statusCode, again.body], [304, '']);
  const other = await app.inject({ url: '/model/file', headers: { 'if-none-match': '"other"' } });
  assert.equal(other.statusCode, 200, 'the control');
});

test('under its digest the file may be kept for ever, and another digest is refused', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const digest = createHash('sha256').update(tinyModel()).digest('hex');
  const lasting = await app.inject(`/model/file?digest=${digest}`);
  assert.match(String(lasting.headers['cache-control']), /immutable/);
  const other = await app.inject(`/model/file?digest=${digest.replace(/^./, 'x')}`);
  assert.equal(other.statusCode, 404);
  assert.equal(refusalOf(other).code, 'MODEL_NOT_SERVED');
});
