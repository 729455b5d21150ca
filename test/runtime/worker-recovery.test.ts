import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openModelFile } from '../../runtime/model-file.js';
import { openPool, type Row } from '../../runtime/worker-pool.js';
import { frames } from '../fixtures/frames.js';
import { tinyModel } from '../fixtures/model.js';

const bytes = tinyModel();
const options = { devices: ['cpu'], workers: 2, threadsPerWorker: 1 } as const;

/** A pool that holds the tiny model. */
async function openLoaded(workers = options.workers as number) {
  const pool = await openPool({ ...options, workers });
  return { pool, model: await pool.load(openModelFile(bytes)) };
}
const good: Row = { kind: 'frame', bytes: frames(1) };

/** A message that breaks the protocol: no worker knows what to do with it, and the thread dies of it. */
const poison = { kind: 'poison', bytes: new Uint8Array(1) } as unknown as Row;

test('a batch that kills workers is tried twice; they are replaced and its neighbours answered', async (t) => {
  const { pool, model } = await openLoaded();
  t.after(() => pool.close());
  const [before] = await model.run([good]);
  const failing = assert.rejects(model.run([poison]), { code: 'WORKER_FAILED', status: 500 });
  const neighbours = await Promise.all(Array.from({ length: 8 }, () => model.run([good])));
  await failing;
  assert.ok(before?.kind === 'probabilities');
  for (const [result] of neighbours) {
    assert.ok(result?.kind === 'probabilities');
    assert.deepEqual(result.values, before.values);
  }
  while (pool.replaced < 2) await new Promise<void>((resolve) => model.onIdle(resolve));
  assert.equal(pool.workers, 2);
  assert.equal(pool.idle, 2);
  assert.equal((await model.run([good]))[0]?.kind, 'probabilities');
});

test('a batch whose worker dies of another’s fault is answered by the next', async (t) => {
  const { pool, model } = await openLoaded(1);
  t.after(() => pool.close());
  const [failing, waiting] = [model.run([poison]), model.run([good])];
  await assert.rejects(failing, { code: 'WORKER_FAILED' });
  assert.equal((await waiting)[0]?.kind, 'probabilities');
  assert.equal(pool.replaced, 2);
});

test('close while workers run finishes the runs, refuses the rest and does not abort', async () => {
  const { pool, model } = await openLoaded();
  const rows = Array.from({ length: 512 }, () => good);
  const runs = [model.run(rows), model.run(rows)];
  const late = assert.rejects(model.run([good]), { code: 'SHUTTING_DOWN', status: 503 });
  const closed = pool.close();
  assert.equal(pool.close(), closed);
  await late;
  await closed;
  for (const results of await Promise.all(runs))
    assert.ok(results.every(({ kind }) => kind === 'probabilities'));
  await assert.rejects(model.run([good]), { code: 'SHUTTING_DOWN' });
});

test('a replaced worker holds every model again', async (t) => {
  const { pool, model } = await openLoaded(1);
  t.after(() => pool.close());
  const other = await pool.load(openModelFile(tinyModel({ seed: 1 })));
  const [before] = await other.run([good]);
  await assert.rejects(model.run([poison]), { code: 'WORKER_FAILED' });
  const [after] = await other.run([good]);
  assert.ok(before?.kind === 'probabilities' && after?.kind === 'probabilities');
  assert.deepEqual(after.values, before.values);
});

test('close while a worker is being replaced leaves no thread behind', async () => {
  const { pool, model } = await openLoaded(1);
  await assert.rejects(model.run([poison]), { code: 'WORKER_FAILED' });
  await pool.close();
  assert.equal(pool.idle, 0);
});
