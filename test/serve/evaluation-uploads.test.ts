import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import sharp from 'sharp';
import { Check } from 'typebox/value';
import { openShapes } from '../../data/shapes.js';
import { type EvaluationView, evaluationView } from '../../serve/evaluations/views.js';
import { tarGzOf, tarOf, zipOf } from '../fixtures/archives.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { HandRunPool, turn } from './hand-run-pool.js';
import { openApp, openAppOn, refusalOf } from './serving.js';
import { splitOpenerOf } from './split-opener.js';

const count = 40;
const shapes = await openShapes({ train: 10, validation: 10, test: 100 });
const model = tinyModel({ name: 'shapes', labels: shapes.labels });
const examples = shapes.split('test').read(Array.from({ length: count }, (_, index) => index));

/** The same forty pictures: as files in class folders, and as CIFAR records. */
const raw = { width: 32, height: 32, channels: 3 } as const;
const pictures = await Promise.all(
  Array.from({ length: count }, async (_, index) => ({
    name: `photos/${shapes.labels[examples.labels[index]!]}/${index}.png`,
    content: await sharp(pixelsOf(index), { raw }).png().toBuffer(),
  })),
);
const records = Buffer.concat(Array.from({ length: count }, (_, index) => recordOf(index)));
const asTar = pictures.map(({ name, content }) => ({ path: name, content }));

function pixelsOf(index: number): Uint8Array {
  return examples.images.subarray(index * 3072, (index + 1) * 3072);
}

function recordOf(index: number): Uint8Array {
  const planes = [0, 1, 2].flatMap((plane) =>
    Array.from({ length: 1024 }, (_, pixel) => pixelsOf(index)[3 * pixel + plane]!),
  );
  return Uint8Array.from([examples.labels[index]!, ...planes]);
}

function upload(
  app: FastifyInstance,
  payload: Buffer,
  { type = 'application/octet-stream', query = '' } = {},
): Promise<LightMyRequestResponse> {
  const headers = { 'content-type': type };
  return app.inject({ method: 'POST', url: `/evaluations${query}`, headers, payload });
}

async function uploadAsSoonAsThereIsRoom(
  ...args: Parameters<typeof upload>
): Promise<LightMyRequestResponse> {
  for (;;) {
    const response = await upload(...args);
    if (response.statusCode !== 503) return response;
    await turn(); // `inject` alone never lets the event loop come round
  }
}

/** A form with these fields, and the archive behind them. */
async function uploadForm(
  app: FastifyInstance,
  archive: Buffer | undefined,
  fields: Readonly<Record<string, string>> = {},
): Promise<LightMyRequestResponse> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (archive !== undefined)
    form.append('archive', new Blob([Uint8Array.from(archive)]), 'C:\\pictures\\photos.tar.gz');
  const encoded = new Response(form);
  const payload = Buffer.from(await encoded.arrayBuffer());
  return upload(app, payload, { type: encoded.headers.get('content-type')! });
}

/** What the evaluation that was accepted came to. */
async function outcome(app: FastifyInstance, started: LightMyRequestResponse): Promise<EvaluationView> {
  assert.equal(started.statusCode, 202, started.body);
  const events = await app.inject(`${started.headers.location}/events`);
  const last: unknown = JSON.parse(/event: end\ndata: (.*)\n/.exec(events.body)![1]!);
  assert.ok(Check(evaluationView, last), events.body);
  return last;
}

async function result(app: FastifyInstance, started: LightMyRequestResponse) {
  const view = await outcome(app, started);
  assert.ok(view.status === 'done', JSON.stringify(view));
  const { imagesPerSecond, ...rest } = view.result;
  assert.ok(imagesPerSecond > 0);
  return { view, result: rest };
}

test('an archive comes to what the same pictures come to as a dataset, whatever its kind', async (t) => {
  const app = await openApp(t, { source: model, openSplit: splitOpenerOf(shapes) });
  const payload = { dataset: 'shapes', split: 'test', limit: count };
  const expected = await result(app, await app.inject({ method: 'POST', url: '/evaluations', payload }));
  assert.ok(expected.result.precisionAt1 > 0 && expected.result.precisionAt1 < 1, 'the control');
  const uploads = {
    zip: upload(app, zipOf(pictures), { type: 'application/zip', query: '?name=photos.zip' }),
    'stored zip': upload(app, zipOf(pictures.map((entry) => ({ ...entry, method: 0 })))),
  };
  for (const [kind, started] of Object.entries(uploads)) {
    const { view, result: found } = await result(app, await started);
    assert.deepEqual(found, expected.result, kind);
    assert.deepEqual([view.source, view.split, view.skipped.count], ['archive', null, 0]);
    assert.equal(view.dataset, kind === 'zip' ? 'photos.zip' : 'archive');
  }
  const tar = await result(app, await upload(app, tarOf(asTar), { type: 'application/x-tar' }));
  assert.deepEqual(tar.result, expected.result);
  const form = await result(app, await uploadForm(app, tarGzOf(asTar), { model: 'shapes', version: '1' }));
  assert.deepEqual(form.result, expected.result);
  assert.equal(form.view.dataset, 'photos.tar.gz');
  assert.deepEqual((await result(app, await upload(app, records))).result, expected.result);
  const first = await result(app, await upload(app, records, { query: '?limit=7' }));
  assert.equal(first.result.count, 7);
});

test('what is no picture is skipped and told by name; photographs of any size are taken', async (t) => {
  const app = await openApp(t, { source: model });
  const jpeg = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
  const label = shapes.labels[0]!;
  const entry = (name: string, content: Buffer) => ({ name: `${label}/${name}`, content });
  const damaged = Array.from({ length: 7 }, (_, index) => entry(`${index}.jpg`, jpeg.subarray(0, 400)));
  const zip = zipOf([
    entry('large.jpg', jpeg),
    entry('notes.txt', Buffer.from('my notes')),
    { ...entry('torn.png', pictures[0]!.content), crc: 1 },
    ...damaged,
    entry('last.jpg', jpeg),
  ]);
  const { view, result: found } = await result(app, await upload(app, zip));
  assert.equal(found.count, 2);
  assert.deepEqual(view.progress, { done: 11, count: 11 });
  assert.equal(view.skipped.count, 9);
  assert.deepEqual(
    view.skipped.examples.map(({ name }) => name),
    ['notes.txt', 'torn.png', '0.jpg', '1.jpg', '2.jpg'].map((name) => `${label}/${name}`),
  );
  assert.match(view.skipped.examples[0]!.reason, /not a picture|accepted format/);
  assert.match(view.skipped.examples[1]!.reason, /checksum/);
});

test('what cannot be evaluated is refused before the 202, and leaves no file behind', async (t) => {
  const folder = await temporaryFolder(t);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  const app = await openAppOn(t, new HandRunPool(1), { source: model });
  const zip = zipOf(pictures);
  const refused: readonly [() => Promise<LightMyRequestResponse>, number, string][] = [
    [() => upload(app, Buffer.from('no archive')), 422, 'ARCHIVE_INVALID'],
    [() => upload(app, Buffer.alloc(0)), 422, 'ARCHIVE_INVALID'],
    [() => upload(app, zip.subarray(0, zip.length - 30)), 422, 'ARCHIVE_INVALID'],
    [() => upload(app, zipOf([{ name: '../x/1.png', content: Buffer.alloc(1) }])), 422, 'ARCHIVE_INVALID'],
    [() => upload(app, zipOf([{ name: 'kitten/1.png', content: Buffer.alloc(1) }])), 409, 'DATASET_MISMATCH'],
    [() => upload(app, zip, { query: '?model=other' }), 404, 'MODEL_NOT_SERVED'],
    [() => upload(app, zip, { query: '?limit=0' }), 400, 'REQUEST_INVALID'],
    [() => upload(app, zip, { type: 'image/png' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [() => uploadForm(app, zip, { limit: 'many' }), 400, 'REQUEST_INVALID'],
    [() => uploadForm(app, zip, { colour: 'red' }), 400, 'REQUEST_INVALID'],
    [() => uploadForm(app, undefined), 400, 'REQUEST_INVALID'],
    [() => upload(app, zip, { type: 'multipart/form-data; boundary=x' }), 400, 'REQUEST_INVALID'],
  ];
  for (const [send, status, code] of refused) {
    const response = await send();
    const told = refusalOf(response);
    assert.equal(told.code, code, response.body);
    assert.equal(response.statusCode, status, response.body);
    assert.ok(!response.body.includes(folder), 'a path of this machine');
  }
  assert.deepEqual((await app.inject('/evaluations')).json(), []);
  assert.deepEqual(await readdir(folder), []);
});

test('while it runs nothing lies around that a killed process would leave', async (t) => {
  const folder = await temporaryFolder(t);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  const pool = new HandRunPool(1, 10);
  const app = await openAppOn(t, pool, { source: model });
  const started = await upload(app, zipOf(pictures));
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  await pool.begun(1);
  assert.deepEqual(await readdir(folder), []);
  const cancelled = await app.inject({ method: 'DELETE', url: String(started.headers.location) });
  assert.equal(cancelled.json<EvaluationView>().status, 'cancelled');
  pool.batches[0]!.finish();
});

test('an evaluation that is cancelled makes room for the next, whatever it was waiting for', async (t) => {
  const pool = new HandRunPool(1, 10);
  const app = await openAppOn(t, pool, { source: model });
  const urls: string[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    urls.push(String((await upload(app, zipOf(pictures))).headers.location));
  }
  assert.equal((await upload(app, zipOf(pictures))).statusCode, 503);
  await pool.begun(1);
  for (const url of urls) await app.inject({ method: 'DELETE', url });
  pool.batches[0]!.finish();
  const started = await uploadAsSoonAsThereIsRoom(app, zipOf(pictures), { query: '?limit=1' });
  await pool.begun(2);
  pool.batches[1]!.finish();
  assert.equal((await outcome(app, started)).status, 'done');
});

/** Sends only a part of what was announced, then goes away. */
async function breakOff(t: TestContext, app: FastifyInstance, bytes: Buffer): Promise<void> {
  const address = app.server.listening ? app.listeningOrigin : await app.listen({ port: 0 });
  const sent = request(new URL('/evaluations', address), {
    method: 'POST',
    headers: { 'content-type': 'application/zip', 'content-length': bytes.length },
  });
  t.after(() => sent.destroy());
  sent.on('error', () => {});
  await new Promise((resolve) => sent.write(bytes.subarray(0, 2000), resolve));
  sent.destroy();
}

test('uploads that break off give their places back', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1), { source: model });
  for (let turn = 0; turn < 3; turn += 1) await breakOff(t, app, zipOf(pictures));
  const refused = await uploadAsSoonAsThereIsRoom(app, Buffer.from('x'));
  assert.equal(refused.statusCode, 422);
});
