import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { BatchStatistics } from '../../serve/batch-statistics.js';
import { HandRunPool, rowsOf, turn } from './hand-run-pool.js';
import { png } from './pictures.js';
import { openAppOn, post, refusalOf } from './serving.js';

const waitingRows = async (app: FastifyInstance) =>
  (await app.inject('/statistics')).json<BatchStatistics>().waitingRows;

/** Lets the event loop turn until so many rows wait. */
async function untilWaiting(app: FastifyInstance, rows: number): Promise<void> {
  while ((await waitingRows(app)) !== rows) await turn();
}

test('a full queue is answered by 503 and Retry-After, and takes requests again', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool, { queueRows: 2 });
  const running = post(app, await png(1));
  await pool.begun(1);
  const accepted = [post(app, await png(2)), post(app, await png(3))];
  await untilWaiting(app, 2);
  const refused = await post(app, await png(4));
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.headers['retry-after'], '1');
  assert.equal(refusalOf(refused).code, 'QUEUE_FULL');

  pool.batches[0]!.finish();
  await pool.begun(2);
  pool.batches[1]!.finish();
  for (const response of await Promise.all([running, ...accepted])) assert.equal(response.statusCode, 200);
});

test('a request that waits past the deadline is answered by 504', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool, { deadlineMs: 20 });
  const busy = pool.run(rowsOf(0));
  const late = await post(app, await png(2));
  assert.equal(late.statusCode, 504);
  assert.equal(refusalOf(late).code, 'QUEUE_TIMEOUT');
  pool.batches[0]!.finish();
  await busy;
});

test('a client that leaves gives its place back', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool);
  const address = await app.listen({ port: 0 });
  const running = post(app, await png(1));
  await pool.begun(1);
  const leaving = new AbortController();
  const request = fetch(`${address}/classify`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: new Blob([Buffer.from(await png(2))]),
    signal: leaving.signal,
  });
  await untilWaiting(app, 1);
  leaving.abort();
  await assert.rejects(request, { name: 'AbortError' });
  await untilWaiting(app, 0);
  assert.equal((await app.inject('/statistics')).json<BatchStatistics>().abandoned, 1);
  pool.batches[0]!.finish();
  await running;
  assert.equal(pool.batches.length, 1, 'its picture never ran');
});

test('a pool that has lost its workers makes the service unready', async (t) => {
  const app = await openAppOn(t, new HandRunPool(0));
  const response = await post(app, await png(1));
  assert.equal(response.statusCode, 503);
  assert.equal(refusalOf(response).code, 'NOT_READY');
  assert.equal((await app.inject('/health/ready')).statusCode, 503);
  assert.equal((await app.inject('/health/live')).statusCode, 200);
});

test('a run that fails is answered by 500 without its particulars', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool);
  const answer = post(app, await png(1));
  await pool.begun(1);
  pool.batches[0]!.fail(new Error('secret'));
  const response = await answer;
  assert.equal(response.statusCode, 500);
  assert.equal(refusalOf(response).code, 'INTERNAL');
  assert.ok(response.headers['x-request-id']);
  assert.doesNotMatch(response.body, /secret/);
});
