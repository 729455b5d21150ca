import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { openModelFile } from '../../runtime/model-file.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { openPool, type Row, type RowResult } from '../../runtime/worker-pool.js';
import { frames } from '../fixtures/frames.js';
import { tinyModel } from '../fixtures/model.js';
import { png } from '../fixtures/png.js';

const bytes = tinyModel();
const options = { devices: ['cpu'], workers: 2, threadsPerWorker: 1 } as const;

/** A pool that holds the tiny model. */
async function openLoaded(workers = options.workers as number) {
  const pool = await openPool({ ...options, workers });
  return { pool, model: await pool.load(openModelFile(bytes)) };
}
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
  const { pool, model } = await openLoaded();
  t.after(() => pool.close());
  const single = await loadClassifier(bytes, { device: 'cpu', threads: 1 });
  t.after(() => single.close());
  const batches = await Promise.all(
    Array.from({ length: 16 }, (_, batch) => model.run([0, 1, 2, 3].map((row) => frame(batch * 4 + row)))),
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
  const { pool, model } = await openLoaded(1);
  t.after(() => pool.close());
  const file = encode({ width: 32, height: 32, data: images.subarray(0, frameBytes), channels: 3 });
  const [decoded, plain] = await model.run([{ kind: 'png', bytes: file }, frame(0)]);
  assertSame(valuesOf(decoded), valuesOf(plain));
});

test('bad rows among good ones fail alone', async (t) => {
  const { pool, model } = await openLoaded(1);
  t.after(() => pool.close());
  const damaged = png({
    width: 2,
    height: 2,
    depth: 8,
    colourType: 2,
    rows: new Uint8Array(0),
    data: deflateSync(new Uint8Array(3)),
  });
  const results = await model.run([
    { kind: 'png', bytes: damaged },
    frame(3),
    { kind: 'frame', bytes: new Uint8Array(7) },
    frame(4),
  ]);
  const codes = results.map((result) => (result.kind === 'error' ? result.error.code : result.batch));
  assert.deepEqual(codes, ['IMAGE_UNDECODABLE', 2, 'SHAPE_MISMATCH', 2]);
  const [alone] = await model.run([frame(4)]);
  assertSame(valuesOf(results[3]), valuesOf(alone));
  const allBad = await model.run([{ kind: 'png', bytes: damaged }]);
  assert.deepEqual(
    allBad.map(({ kind }) => kind),
    ['error'],
  );
  assert.equal(pool.replaced, 0);
});

test('one batch a worker: the rest waits in line, and onIdle is told when there is none', async (t) => {
  const { pool, model } = await openLoaded();
  t.after(() => pool.close());
  let told = 0;
  model.onIdle(() => {
    told += 1;
  });
  assert.equal(pool.idle, 2);
  const runs = [0, 1, 2].map((i) => model.run([frame(i)]));
  assert.equal(pool.idle, 0);
  await Promise.all(runs);
  assert.equal(pool.idle, 2);
  assert.equal(told, 2, 'the first worker to finish went on with the third batch');
  assert.deepEqual(await model.run([]), []);
});

test('the caller’s bytes stay whole', async (t) => {
  const { pool, model } = await openLoaded(1);
  t.after(() => pool.close());
  const copy = images.slice();
  await model.run([frame(0), frame(1)]);
  assert.deepEqual(images, copy);
});

test('by default there is one thread a core', async (t) => {
  const pool = await openPool({ devices: ['auto'], workers: 1 });
  t.after(() => pool.close());
  assert.equal(pool.workers, 1);
  assert.ok(pool.threadsPerWorker >= 1);
  assert.ok(
    pool.provider === 'cuda' || pool.failed.some(({ provider }) => provider === 'cuda'),
    'CUDA is asked first',
  );
});

test('a device that cannot be refuses at once', async () => {
  await assert.rejects(openPool({ ...options, devices: ['cuda:99'] }), { code: 'DEVICE_UNAVAILABLE' });
});

test('several models share the workers, each with answers of its own, until it is unloaded', async (t) => {
  const { pool, model } = await openLoaded();
  t.after(() => pool.close());
  const other = await pool.load(openModelFile(tinyModel({ seed: 1 })));
  const [[one], [two], [again]] = await Promise.all([
    model.run([frame(0)]),
    other.run([frame(0)]),
    model.run([frame(0)]),
  ]);
  assertSame(valuesOf(again), valuesOf(one));
  assert.throws(() => assertSame(valuesOf(two), valuesOf(one)), 'control: another model, another answer');
  other.unload();
  assertSame(valuesOf((await model.run([frame(0)]))[0]), valuesOf(one));
  assert.equal(pool.replaced, 0);
});

test('a model that ONNX Runtime refuses is refused, and the others go on', async (t) => {
  const { pool, model } = await openLoaded();
  t.after(() => pool.close());
  const file = openModelFile(bytes);
  await assert.rejects(pool.load({ ...file, bytes: bytes.subarray(0, 5000) }), { code: 'MODEL_INVALID' });
  assert.equal((await model.run([frame(0)]))[0]?.kind, 'probabilities');
  assert.deepEqual([pool.idle, pool.replaced], [2, 0]);
});

test('the models of a pool are told of an idle worker in turn', async (t) => {
  const { pool, model } = await openLoaded(1);
  t.after(() => pool.close());
  const other = await pool.load(openModelFile(bytes));
  const first: string[] = [];
  let told = false;
  const listen = (name: string) => () => {
    if (told) return;
    told = true;
    first.push(name);
  };
  model.onIdle(listen('one'));
  other.onIdle(listen('two'));
  for (let round = 0; round < 4; round += 1) {
    told = false;
    await model.run([frame(round)]);
  }
  assert.deepEqual(first, ['one', 'two', 'one', 'two']);
});
