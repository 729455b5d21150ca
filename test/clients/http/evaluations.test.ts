import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Evaluation, KilnClient } from '../../../clients/http/client.js';
import { openShapes } from '../../../data/shapes.js';
import type { AppOptions } from '../../../serve/app.js';
import { zipOf } from '../../fixtures/archives.js';
import { tinyModel } from '../../fixtures/model.js';
import { HandRunPool, InstantPool } from '../../serve/hand-run-pool.js';
import { png } from '../../serve/pictures.js';
import { openAppOn } from '../../serve/serving.js';
import { splitOpenerOf } from '../../serve/split-opener.js';
import { openScripted, refusal } from './scripted-service.js';

const shapes = await openShapes({ train: 10, validation: 100, test: 100 });
const source = tinyModel({ name: 'shapes', labels: shapes.labels });
const order = { dataset: 'shapes', split: 'validation' } as const;

async function openService(t: TestContext, pool: AppOptions['pool']) {
  const app = await openAppOn(t, pool, { source, openSplit: splitOpenerOf(shapes) });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const asked: string[] = [];
  const counting: typeof fetch = (url, init) => {
    asked.push(String(url));
    return fetch(url, init);
  };
  return { app, asked, client: new KilnClient(address, { random: () => 0, fetch: counting }) };
}

async function last(client: KilnClient, { id }: Evaluation): Promise<Evaluation | undefined> {
  let view: Evaluation | undefined;
  for await (view of client.evaluations.watch(id));
  return view;
}

test('a dataset is evaluated, watched, listed and compared', async (t) => {
  const { client } = await openService(t, new InstantPool(1, shapes.labels.length));
  const first = await client.evaluations.start(order);
  const done = await last(client, first);
  assert.ok(done?.status === 'done');
  assert.equal(done.result.count, 100);
  assert.deepEqual(await client.evaluations.get(first.id), done);
  const second = await last(client, await client.evaluations.start(order));
  const comparison = await client.evaluations.compare([first.id, second!.id]);
  assert.deepEqual(
    comparison.comparisons.map(({ kind, difference }) => [kind, difference]),
    [['paired', 0]],
  );
  const list = await client.evaluations.list({ status: 'done', limit: 1 });
  assert.deepEqual(
    list.map(({ id }) => id),
    [second?.id],
  );
  await assert.rejects(client.evaluations.start({ ...order, limit: 0 }), { code: 'REQUEST_INVALID' });
  await assert.rejects(client.evaluations.get('a/b'), { code: 'EVALUATION_NOT_FOUND' });
});

test('the pictures behind the figures are listed and fetched', async (t) => {
  const { client } = await openService(t, new InstantPool(1, shapes.labels.length));
  const done = await last(client, await client.evaluations.start(order));
  assert.ok(done?.status === 'done');
  const { id, result } = done;
  const wrong = await client.evaluations.pictures(id, { wrong: true, order: 'dataset', limit: 3 });
  assert.equal(wrong.count, Math.round((1 - result.precisionAt1) * result.count));
  assert.ok(wrong.pictures.every((one) => one.true !== one.predicted));
  const [first] = wrong.pictures;
  const cell = { true: first!.true, predicted: first!.predicted! };
  assert.deepEqual((await client.evaluations.pictures(id, { ...cell, order: 'dataset' })).pictures[0], first);
  const picture = await client.evaluations.picture(id, first!.index);
  assert.equal(picture.type, 'image/png');
  assert.equal(new TextDecoder().decode(await picture.slice(1, 4).arrayBuffer()), 'PNG');
  await assert.rejects(client.evaluations.picture(id, 100), { code: 'PICTURE_NOT_FOUND' });
});

test('an archive is sent as a blob, as bytes or as a stream', async (t) => {
  const { client } = await openService(t, new InstantPool(1, shapes.labels.length));
  const content = await png(1);
  const zip = zipOf(shapes.labels.map((label) => ({ name: `${label}/1.png`, content })));
  const blob = new Blob([Uint8Array.from(zip)]);
  for (const archive of [blob, zip, blob.stream()]) {
    const view = await last(client, await client.evaluations.start({ archive, name: 'a.zip', limit: 4 }));
    assert.ok(view?.status === 'done', JSON.stringify(view));
    assert.deepEqual([view.dataset, view.result.count], ['a.zip', 4]);
  }
});

test('watching goes on where a connection broke, and tells nothing twice', async (t) => {
  const pool = new HandRunPool(1, shapes.labels.length);
  const { app, asked, client } = await openService(t, pool);
  const { id } = await client.evaluations.start(order);
  const told: number[] = [];
  for await (const view of client.evaluations.watch(id)) {
    told.push(view.progress.done);
    if (view.status !== 'running') break;
    app.server.closeAllConnections();
    const run = told.length;
    await pool.begun(run);
    if (run > 1) pool.batches[run - 1]!.finish();
    else setImmediate(() => pool.batches[0]!.finish());
  }
  assert.ok(told.length > 3, `${told}`);
  assert.ok(asked.filter((url) => url.endsWith('/events')).length > 3, 'the control: it did break');
  assert.deepEqual(told, [...new Set(told)]);
  assert.equal(told.at(-1), 100);
});

test('leaving the loop or cancelling ends what should end', async (t) => {
  const pool = new HandRunPool(1, shapes.labels.length);
  const { client } = await openService(t, pool);
  const { id } = await client.evaluations.start(order);
  for await (const _ of client.evaluations.watch(id)) break;
  assert.equal((await client.evaluations.get(id)).status, 'running', 'the evaluation goes on');
  const controller = new AbortController();
  const watching = client.evaluations.watch(id, { signal: controller.signal });
  await watching.next();
  const next = watching.next();
  controller.abort(new RangeError('enough'));
  await assert.rejects(next, new RangeError('enough'));
  const rest = client.evaluations.watch(id);
  await rest.next();
  await pool.begun(1);
  await client.evaluations.cancel(id);
  pool.batches[0]!.finish();
  assert.equal((await rest.next()).value?.status, 'cancelled');
  assert.deepEqual(await rest.next(), { done: true, value: undefined });
});

test('watching ends where the connection breaks again and again, or nothing is to be seen', async (t) => {
  const cutOff = await openScripted(t, (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n');
    setImmediate(() => response.destroy());
  });
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => void slept.push(ms);
  const client = new KilnClient(cutOff.address, { retries: 2, sleep, random: () => 0.5 });
  await assert.rejects(client.evaluations.watch('x').next(), { code: 'SERVICE_UNREACHABLE' });
  assert.deepEqual([cutOff.bodies.length, slept], [3, [125, 250]]);
  const gone = await openScripted(t, refusal('EVALUATION_NOT_FOUND'));
  await assert.rejects(new KilnClient(gone.address).evaluations.watch('x').next(), {
    code: 'EVALUATION_NOT_FOUND',
  });
  assert.equal(gone.bodies.length, 1);
});
