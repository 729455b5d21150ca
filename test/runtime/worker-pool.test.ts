import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { openPool, type Row, type RowResult } from '../../runtime/worker-pool.js';
import { frames } from '../fixtures/frames.js';
import { tinyModel } from '../fixtures/model.js';
import { png } from '../fixtures/png.js';

const options = { model: tinyModel(), device: 'cpu', workers: 2, threadsPerWorker: 1 } as const;
const frameBytes = 32 * 32 * 3;
const images = frames(64);
const frame = (index: number): Row => ({
  kind: 'frame',
  bytes: images.subarray(index * frameBytes, (index + 1) * frameBytes),
});

function valuesOf(result: RowResult | undefined): Float32Array {
  assert.ok(result?.kind === 'probabilities', JSON.stringify(result));
  return result.values;
}

function assertSame(received: Float32Array, expected: Float32Array): void {
  assert.equal(received.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(received[i]! - value) <= 1e-6);
}

test('concurrent batches give what one picture at a time gives', async (t) => {
  const pool = await openPool(options);
  t.after(() => pool.close());
  const single = await loadClassifier(options.model, { device: 'cpu', threads: 1 });
  t.after(() => single.close());
  const batches = await Promise.all(
    Array.from({ length: 16 }, (_, batch) => pool.run([0, 1, 2, 3].map((row) => frame(batch * 4 + row)))),
  );
  const results = batches.flat();
  const expected = await Promise.all(
    Array.from({ length: 64 }, (_, i) =>
      single.classify(images.subarray(i * frameBytes, (i + 1) * frameBytes), 1),
    ),
  );
  for (const [i, result] of results.entries()) assertSame(valuesOf(result), expected[i]!);
  assert.throws(() => assertSame(valuesOf(results[0]), expected[1]!), 'control: pictures differ');
  assert.ok(results.every((result) => result.kind === 'probabilities' && result.batch === 4));
  assert.ok(results.every((result) => result.kind === 'probabilities' && result.inferenceMs > 0));
});

test('a PNG is decoded in the worker, to the same answer as its frame', async (t) => {
  const pool = await openPool({ ...options, workers: 1 });
  t.after(() => pool.close());
  const file = encode({ width: 32, height: 32, data: images.subarray(0, frameBytes), channels: 3 });
  const [decoded, plain] = await pool.run([{ kind: 'png', bytes: file }, frame(0)]);
  assertSame(valuesOf(decoded), valuesOf(plain));
});

test('bad rows among good ones fail alone', async (t) => {
  const pool = await openPool({ ...options, workers: 1 });
  t.after(() => pool.close());
  const damaged = png({
    width: 2,
    height: 2,
    depth: 8,
    colourType: 2,
    rows: new Uint8Array(0),
    data: deflateSync(new Uint8Array(3)),
  });
  const results = await pool.run([
    { kind: 'png', bytes: damaged },
    frame(3),
    { kind: 'frame', bytes: new Uint8Array(7) },
    frame(4),
  ]);
  const codes = results.map((result) => (result.kind === 'error' ? result.error.code : result.batch));
  assert.deepEqual(codes, ['IMAGE_UNDECODABLE', 2, 'SHAPE_MISMATCH', 2]);
  const [alone] = await pool.run([frame(4)]);
  assertSame(valuesOf(results[3]), valuesOf(alone));
  const allBad = await pool.run([{ kind: 'png', bytes: damaged }]);
  assert.deepEqual(
    allBad.map(({ kind }) => kind),
    ['error'],
  );
  assert.equal(pool.replaced, 0);
});

test('one batch a worker: the rest waits in line, and onIdle is told when there is none', async (t) => {
  const pool = await openPool(options);
  t.after(() => pool.close());
  let told = 0;
  pool.onIdle(() => {
    told += 1;
  });
  assert.equal(pool.idle, 2);
  const runs = [0, 1, 2].map((i) => pool.run([frame(i)]));
  assert.equal(pool.idle, 0);
  await Promise.all(runs);
  assert.equal(pool.idle, 2);
  assert.equal(told, 2, 'the first worker to finish went on with the third batch');
  assert.deepEqual(await pool.run([]), []);
});

test('the caller’s bytes stay whole', async (t) => {
  const pool = await openPool({ ...options, workers: 1 });
  t.after(() => pool.close());
  const copy = images.slice();
  await pool.run([frame(0), frame(1)]);
  assert.deepEqual(images, copy);
});

test('by default there is one thread a core', async (t) => {
  const pool = await openPool({ model: options.model, device: 'auto', workers: 1 });
  t.after(() => pool.close());
  assert.equal(pool.workers, 1);
  assert.ok(pool.threadsPerWorker >= 1);
  assert.ok(
    pool.provider === 'cuda' || pool.failed.some(({ provider }) => provider === 'cuda'),
    'CUDA is asked first',
  );
});

test('a model or a device that cannot be refuses at once', async () => {
  const cut = options.model.subarray(0, 5000);
  await assert.rejects(openPool({ ...options, model: cut }), {
    code: 'MODEL_INVALID',
    received: /cut off|bytes/,
  });
  await assert.rejects(openPool({ ...options, device: 'cuda:99' }), { code: 'DEVICE_UNAVAILABLE' });
});
