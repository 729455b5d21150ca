import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPool, type Row } from '../../runtime/worker-pool.js';
import { frames } from '../fixtures/frames.js';
import { tinyModel } from '../fixtures/model.js';

const options = { model: tinyModel(), device: 'cpu', workers: 2, threadsPerWorker: 1 } as const;
const good: Row = { kind: 'frame', bytes: frames(1) };

/** A message that breaks the protocol: no worker knows what to do with it, and the thread dies of it. */
const poison = { kind: 'poison', bytes: new Uint8Array(1) } as unknown as Row;

test('a batch that kills workers is tried twice; they are replaced and its neighbours answered', async (t) => {
  const pool = await openPool(options);
  t.after(() => pool.close());
  const [before] = await pool.run([good]);
  const failing = assert.rejects(pool.run([poison]), { code: 'WORKER_FAILED', status: 500 });
  const neighbours = await Promise.all(Array.from({ length: 8 }, () => pool.run([good])));
  await failing;
  assert.ok(before?.kind === 'probabilities');
  for (const [result] of neighbours) {
    assert.ok(result?.kind === 'probabilities');
    assert.deepEqual(result.values, before.values);
  }
  while (pool.replaced < 2) await new Promise<void>((resolve) => pool.onIdle(resolve));
  assert.equal(pool.workers, 2);
  assert.equal(pool.idle, 2);
  assert.equal((await pool.run([good]))[0]?.kind, 'probabilities');
});

test('a batch whose worker dies of another’s fault is answered by the next', async (t) => {
  const pool = await openPool({ ...options, workers: 1 });
  t.after(() => pool.close());
  const [failing, waiting] = [pool.run([poison]), pool.run([good])];
  await assert.rejects(failing, { code: 'WORKER_FAILED' });
  assert.equal((await waiting)[0]?.kind, 'probabilities');
  assert.equal(pool.replaced, 2);
});

test('close while workers run finishes the runs, refuses the rest and does not abort', async () => {
  const pool = await openPool(options);
  const rows = Array.from({ length: 512 }, () => good);
  const runs = [pool.run(rows), pool.run(rows)];
  const late = assert.rejects(pool.run([good]), { code: 'SHUTTING_DOWN', status: 503 });
  const closed = pool.close();
  assert.equal(pool.close(), closed);
  await late;
  await closed;
  for (const results of await Promise.all(runs))
    assert.ok(results.every(({ kind }) => kind === 'probabilities'));
  await assert.rejects(pool.run([good]), { code: 'SHUTTING_DOWN' });
});

test('close while a worker is being replaced leaves no thread behind', async () => {
  const pool = await openPool({ ...options, workers: 1 });
  await assert.rejects(pool.run([poison]), { code: 'WORKER_FAILED' });
  await pool.close();
  assert.equal(pool.idle, 0);
});
