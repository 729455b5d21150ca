import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batcher } from '../../serve/batcher.js';
import { defaultBatching } from '../../serve/batching-settings.js';
import { ModelStatistics } from '../../serve/models/model-statistics.js';
import type { RowAnswer } from '../../serve/seat.js';
import { HandRunPool, rowsOf, turn } from './hand-run-pool.js';

function setUp(workers: number, settings: Partial<typeof defaultBatching> = {}) {
  const pool = new HandRunPool(workers);
  const statistics = new ModelStatistics();
  return { pool, statistics, batcher: new Batcher(pool, { ...defaultBatching, ...settings }, statistics) };
}

const submit = (batcher: Batcher, ...values: number[]) => batcher.admit(values.length).run(rowsOf(...values));

const values = (answers: readonly RowAnswer[]) =>
  answers.map(({ result }) => (result.kind === 'probabilities' ? result.values[0] : result.error.code));

test('requests of one event loop turn share a batch, and each gets its own rows', async () => {
  const { pool, batcher } = setUp(1);
  const answers = [submit(batcher, 1), submit(batcher, 2, 3), submit(batcher, 4)];
  await pool.begun(1);
  assert.deepEqual(pool.sizes, [4]);
  pool.batches[0]!.finish();
  assert.deepEqual((await Promise.all(answers)).map(values), [[1], [2, 3], [4]]);
});

test('while the worker is busy a batch forms by itself', async () => {
  const { pool, statistics, batcher } = setUp(1);
  const first = submit(batcher, 1);
  await pool.begun(1);
  const others = [];
  for (let value = 2; value < 7; value += 1) {
    others.push(submit(batcher, value));
    await turn();
  }
  assert.deepEqual(pool.sizes, [1], 'the control: nothing begins while the only worker is busy');
  pool.batches[0]!.finish();
  await pool.begun(2);
  assert.deepEqual(pool.sizes, [1, 5]);
  pool.batches[1]!.finish();
  await Promise.all([first, ...others]);
  assert.deepEqual(statistics.snapshot().requests, { batches: 2, rows: 6 });
});

test('a request that fits a batch is never divided, one that does not is', async () => {
  const { pool, batcher } = setUp(1, { maxBatch: 4 });
  const small = submit(batcher, 1, 2, 3);
  const large = submit(batcher, 4, 5, 6, 7, 8, 9);
  for (let batch = 0; batch < 3; batch += 1) {
    await pool.begun(batch + 1);
    pool.batches[batch]!.finish();
  }
  assert.deepEqual(values(await small), [1, 2, 3]);
  assert.deepEqual(values(await large), [4, 5, 6, 7, 8, 9]);
  assert.deepEqual(pool.sizes, [3, 4, 2]);
});

test('many rows are divided evenly among idle workers, few are not', async () => {
  const { pool, batcher } = setUp(2);
  const many = Array.from({ length: 20 }, (_, value) => submit(batcher, value));
  await pool.begun(2);
  assert.deepEqual(pool.sizes, [10, 10]);
  for (const batch of pool.batches) batch.finish();
  await Promise.all(many);

  const few = Array.from({ length: 6 }, (_, value) => submit(batcher, value));
  await pool.begun(3);
  assert.deepEqual(pool.sizes, [10, 10, 6]);
  pool.batches[2]!.finish();
  await Promise.all(few);
});

test('a lone request goes at once, whatever the delay', async () => {
  const { pool, batcher } = setUp(2, { maxDelayMs: 60_000 });
  for (let value = 1; value <= 3; value += 1) {
    const answer = submit(batcher, value);
    await pool.begun(value);
    pool.batches[value - 1]!.finish();
    await answer;
  }
  assert.deepEqual(pool.sizes, [1, 1, 1]);
});

test('beside another request one waits for more, and a full batch does not', async () => {
  const { pool, batcher } = setUp(2, { maxBatch: 2, maxDelayMs: 60_000 });
  const first = submit(batcher, 1);
  await pool.begun(1);
  const second = submit(batcher, 2);
  await turn();
  assert.deepEqual(pool.sizes, [1], 'a worker is idle, yet one row waits');
  const third = submit(batcher, 3);
  await pool.begun(2);
  assert.deepEqual(pool.sizes, [1, 2]);
  for (const batch of pool.batches) batch.finish();
  await Promise.all([first, second, third]);
});

test('after the delay what is there runs', async () => {
  const { pool, batcher } = setUp(2, { maxDelayMs: 5 });
  const first = submit(batcher, 1);
  await pool.begun(1);
  const second = submit(batcher, 2);
  await pool.begun(2);
  for (const batch of pool.batches) batch.finish();
  assert.deepEqual((await Promise.all([first, second])).map(values), [[1], [2]]);
});

test('a run that fails is reported, is an error on its rows, and the next one runs', async () => {
  const pool = new HandRunPool(1);
  const reported: unknown[] = [];
  const statistics = new ModelStatistics();
  statistics.failed = (error) => reported.push(error);
  const batcher = new Batcher(pool, defaultBatching, statistics);
  const failing = submit(batcher, 1, 2);
  await pool.begun(1);
  pool.batches[0]!.fail(new Error('secret'));
  assert.deepEqual(values(await failing), ['INTERNAL', 'INTERNAL']);
  assert.deepEqual(reported, [new Error('secret')]);
  const next = submit(batcher, 3);
  await pool.begun(2);
  pool.batches[1]!.finish();
  assert.deepEqual(values(await next), [3]);
});

test('rows that could not be prepared give their places back', async () => {
  const { batcher } = setUp(1);
  const seat = batcher.admit(3);
  assert.equal(batcher.waitingRows, 3);
  assert.deepEqual(await seat.run([]), []);
  assert.equal(batcher.waitingRows, 0);
  await assert.rejects(async () => batcher.admit(1).run(rowsOf(1, 2)), {
    name: 'RangeError',
    message: 'a seat for 1 rows was given 2',
  });
});
