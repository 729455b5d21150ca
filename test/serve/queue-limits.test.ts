import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batcher } from '../../serve/batcher.js';
import { defaultBatching } from '../../serve/batching-settings.js';
import { ModelStatistics } from '../../serve/models/model-statistics.js';
import { HandRunPool, rowsOf, turn } from './hand-run-pool.js';

const setUp = (settings: Partial<typeof defaultBatching>) => {
  const pool = new HandRunPool(1);
  const statistics = new ModelStatistics();
  return { pool, statistics, batcher: new Batcher(pool, { ...defaultBatching, ...settings }, statistics) };
};

test('the queue counts rows from admission until they run', async () => {
  const { pool, statistics, batcher } = setUp({ queueRows: 4 });
  const running = batcher.admit(4).run(rowsOf(1, 2, 3, 4));
  assert.throws(() => batcher.admit(1), { code: 'QUEUE_FULL', received: '1 more than the 4 that wait' });
  await pool.begun(1);
  const waiting = batcher.admit(3);
  assert.throws(() => batcher.admit(2), { code: 'QUEUE_FULL' });
  batcher.abandon(waiting);
  batcher.abandon(batcher.admit(4));
  pool.batches[0]!.finish();
  await running;
  assert.deepEqual(statistics.snapshot().turnedAway, { full: 2, expired: 0, abandoned: 2 });
});

test('a request that waits too long is turned away, queued or still decoding', async () => {
  const { pool, statistics, batcher } = setUp({ deadlineMs: 20 });
  const busy = pool.run(rowsOf(0));
  const decoding = batcher.admit(1);
  const aborted = new Promise((resolve) => decoding.signal.addEventListener('abort', resolve));
  await assert.rejects(batcher.admit(1).run(rowsOf(2)), {
    code: 'QUEUE_TIMEOUT',
    expected: 'a run within 20 ms',
  });
  await aborted;
  await assert.rejects(decoding.run(rowsOf(3)), { code: 'QUEUE_TIMEOUT' });
  assert.equal(statistics.snapshot().turnedAway.expired, 2);
  assert.equal(batcher.waitingRows, 0);
  pool.batches[0]!.finish();
  await busy;
});

test('what runs is not turned away, however long it takes', async () => {
  const { pool, batcher } = setUp({ deadlineMs: 500 });
  const running = batcher.admit(1).run(rowsOf(1));
  await pool.begun(1);
  const late = batcher.admit(1).run(rowsOf(2));
  await assert.rejects(late, { code: 'QUEUE_TIMEOUT' });
  pool.batches[0]!.finish();
  assert.equal((await running).length, 1);
});

test('the rows of a client that left do not run', async () => {
  const { pool, statistics, batcher } = setUp({});
  const first = batcher.admit(1).run(rowsOf(1));
  await pool.begun(1);
  const leaving = batcher.admit(1);
  const left = assert.rejects(leaving.run(rowsOf(2)), { code: 'REQUEST_INVALID' });
  const staying = batcher.admit(1).run(rowsOf(3));
  batcher.abandon(leaving);
  await left;
  pool.batches[0]!.finish();
  await pool.begun(2);
  assert.deepEqual(pool.batches[1]!.rows, rowsOf(3));
  pool.batches[1]!.finish();
  await Promise.all([first, staying]);
  assert.equal(statistics.snapshot().turnedAway.abandoned, 1);
});

test('no worker left is told at once', () => {
  const batcher = new Batcher(new HandRunPool(0), defaultBatching, new ModelStatistics());
  assert.throws(() => batcher.admit(1), { code: 'NOT_READY' });
});

test('drained waits for what was admitted', async () => {
  const { pool, batcher } = setUp({});
  const answer = batcher.admit(1).run(rowsOf(1));
  await pool.begun(1);
  let drained = false;
  const end = batcher.drained().then(() => {
    drained = true;
  });
  await turn();
  assert.equal(drained, false);
  pool.batches[0]!.finish();
  await Promise.all([answer, end]);
});
