import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batcher } from '../../serve/batcher.js';
import { defaultBatching } from '../../serve/batching-settings.js';
import { ModelStatistics } from '../../serve/models/model-statistics.js';
import { Traffic } from '../../serve/traffic.js';
import { HandRunPool, rowsOf, turn } from './hand-run-pool.js';

const never = new AbortController().signal;

const batcherOn = (pool: HandRunPool, traffic?: Traffic) => {
  const statistics = new ModelStatistics();
  return { statistics, batcher: new Batcher(pool, defaultBatching, statistics, traffic) };
};

test('while nobody asks, background batches take every worker', async () => {
  const pool = new HandRunPool(2);
  const { batcher } = batcherOn(pool);
  const background = [1, 2, 3].map((value) => batcher.background(rowsOf(value), never));
  await turn();
  assert.deepEqual(pool.sizes, [1, 1]);
  for (let batch = 0; batch < 3; batch += 1) {
    await pool.begun(batch + 1);
    pool.batches[batch]!.finish();
  }
  await Promise.all(background);
});

test('they make room for requests of another model on the same workers', async () => {
  const pool = new HandRunPool(1);
  const traffic = new Traffic();
  const { batcher: evaluating } = batcherOn(pool, traffic);
  const { batcher: asked } = batcherOn(pool, traffic);
  const first = evaluating.background(rowsOf(1), never);
  const second = evaluating.background(rowsOf(2), never);
  await pool.begun(1);
  const request = asked.admit(1).run(rowsOf(3));
  for (let batch = 0; batch < 3; batch += 1) {
    await pool.begun(batch + 1);
    pool.batches[batch]!.finish();
  }
  await Promise.all([first, second, request]);
  assert.deepEqual(
    pool.batches.flatMap(({ rows }) => rows),
    rowsOf(1, 3, 2),
  );
});

test('soon after a request, background batches leave one of several workers free', async () => {
  const pool = new HandRunPool(2);
  const traffic = new Traffic();
  const { statistics, batcher } = batcherOn(pool, traffic);
  traffic.requested();
  const background = [batcher.background(rowsOf(1), never), batcher.background(rowsOf(2), never)];
  await turn();
  assert.deepEqual(pool.sizes, [1]);
  const request = batcher.admit(1).run(rowsOf(3));
  await pool.begun(2);
  assert.deepEqual(pool.batches[1]!.rows, rowsOf(3), 'a request runs beside it');
  pool.batches[0]!.finish();
  await pool.begun(3);
  pool.batches[1]!.finish();
  pool.batches[2]!.finish();
  await Promise.all([...background, request]);
  const { background: counted, requests } = statistics.snapshot();
  assert.deepEqual(counted, { batches: 2, rows: 2 });
  assert.equal(requests.batches, 1, 'they do not count as requests');
});

test('with one worker a request goes before the background batches that wait', async () => {
  const pool = new HandRunPool(1);
  const { batcher } = batcherOn(pool);
  const first = batcher.background(rowsOf(1), never);
  const second = batcher.background(rowsOf(2), never);
  await pool.begun(1);
  const request = batcher.admit(1).run(rowsOf(3));
  for (let batch = 0; batch < 3; batch += 1) {
    await pool.begun(batch + 1);
    pool.batches[batch]!.finish();
  }
  await Promise.all([first, second, request]);
  assert.deepEqual(
    pool.batches.flatMap(({ rows }) => rows),
    rowsOf(1, 3, 2),
  );
});

test('a background batch that was cancelled does not run', async () => {
  const pool = new HandRunPool(1);
  const { batcher } = batcherOn(pool);
  const first = batcher.background(rowsOf(1), never);
  await pool.begun(1);
  const stop = new AbortController();
  const second = batcher.background(rowsOf(2), stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(second, { message: 'enough' });
  await assert.rejects(batcher.background(rowsOf(3), stop.signal), { message: 'enough' });
  pool.batches[0]!.finish();
  await first;
  await batcher.drained();
  assert.deepEqual(pool.sizes, [1]);
});
