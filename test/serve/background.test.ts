import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batcher } from '../../serve/batcher.js';
import { defaultBatching } from '../../serve/batching-settings.js';
import { HandRunPool, rowsOf, turn } from './hand-run-pool.js';

const never = new AbortController().signal;

test('background batches leave one of several workers free', async () => {
  const pool = new HandRunPool(2);
  const batcher = new Batcher(pool, defaultBatching);
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
  assert.deepEqual(batcher.statistics.background, { batches: 2, rows: 2 });
  assert.equal(batcher.statistics.batches, 1, 'they do not count as requests');
});

test('with one worker a request goes before the background batches that wait', async () => {
  const pool = new HandRunPool(1);
  const batcher = new Batcher(pool, defaultBatching);
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
  const batcher = new Batcher(pool, defaultBatching);
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
