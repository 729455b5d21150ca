import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { Check } from 'typebox/value';
import { openShapes } from '../../data/shapes.js';
import { wilson } from '../../runtime/evaluation.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import type { SplitOpener } from '../../serve/evaluations/dataset-thread.js';
import { type EvaluationView, evaluationView } from '../../serve/evaluations/views.js';
import { evaluate } from '../../train/evaluation.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { HandRunPool } from './hand-run-pool.js';
import { openApp, openAppOn, refusalOf } from './serving.js';
import { splitOpenerOf } from './split-opener.js';

const shapes = await openShapes({ train: 10, validation: 1000, test: 100 });
const openSplit = splitOpenerOf(shapes);
const shapesModel = tinyModel({ name: 'shapes', labels: shapes.labels });

const start = (app: FastifyInstance, payload: object) =>
  app.inject({ method: 'POST', url: '/evaluations', payload });

async function view(app: FastifyInstance, url: string): Promise<EvaluationView> {
  const body: unknown = (await app.inject(url)).json();
  assert.ok(Check(evaluationView, body), JSON.stringify(body));
  return body;
}

type ToldEvent = readonly [name: string, data: EvaluationView];

function parseEvents(text: string): ToldEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => {
      const [, name = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? [];
      return [name, JSON.parse(data)];
    });
}

/** All events, to the end of the stream. */
async function eventsOf(app: FastifyInstance, url: string): Promise<ToldEvent[]> {
  const response = await app.inject(`${url}/events`);
  assert.equal(response.headers['content-type'], 'text/event-stream');
  return parseEvents(response.body);
}

/** The events as they come; each read is what was sent meanwhile. */
async function followEvents(app: FastifyInstance, url: string, signal?: AbortSignal) {
  const address = app.server.listening ? app.listeningOrigin : await app.listen({ port: 0 });
  const response = await fetch(`${address}${url}/events`, signal === undefined ? {} : { signal });
  const reader = response.body!.getReader();
  return async (): Promise<ToldEvent[]> => {
    const { value } = await reader.read();
    return parseEvents(new TextDecoder().decode(value));
  };
}

test('an evaluation of a built-in dataset counts what the model itself answers, picture by picture', async (t) => {
  const app = await openApp(t, { source: shapesModel });
  const started = await start(app, { dataset: 'shapes', split: 'test', limit: 100 });
  assert.equal(started.statusCode, 202, started.body);
  const url = String(started.headers.location);
  const events = await eventsOf(app, url);
  const [name, last] = events.at(-1)!;
  assert.equal(name, 'end');
  assert.deepEqual(await view(app, url), last);
  assert.ok(last.status === 'done');

  const { images, labels } = (await openShapes())
    .split('test')
    .read(Array.from({ length: 100 }, (_, i) => i));
  const classifier = await loadClassifier(shapesModel, { device: 'cpu', threads: 1 });
  t.after(() => classifier.close());
  let correct = 0;
  for (const [index, label] of labels.entries()) {
    const row = await classifier.classify(images.subarray(index * 3072, (index + 1) * 3072), 1);
    if (row.indexOf(Math.max(...row)) === label) correct += 1;
  }
  assert.ok(correct > 0 && correct < 100, 'the control: counting nothing or everything would show');
  assert.equal(last.result.count, 100);
  assert.equal(last.result.precisionAt1, correct / 100);
  assert.deepEqual(last.result.interval, wilson(correct, 100));
  assert.deepEqual(
    last.result.perClass.map(({ label, count }) => [label, count]),
    shapes.labels.map((label) => [label, 10]),
  );
  assert.ok(last.result.imagesPerSecond > 0);
});

test('all of a split comes to what `kiln eval` finds', async (t) => {
  const source = join(await temporaryFolder(t), 'shapes.onnx');
  await writeFile(source, shapesModel);
  const app = await openApp(t, { source: shapesModel, workers: 2 });
  const url = String((await start(app, { dataset: 'shapes', split: 'test' })).headers.location);
  const measured = await evaluate({ source, dataset: 'shapes', split: 'test', device: 'cpu', threads: 1 });
  const [, last] = (await eventsOf(app, url)).at(-1)!;
  assert.ok(last.status === 'done');
  const { imagesPerSecond: _, ...expected } = measured.result;
  const { imagesPerSecond, ...found } = last.result;
  assert.equal(expected.count, 2000);
  assert.deepEqual(found, expected);
});

test('progress is told batch by batch, and cancelling ends it', async (t) => {
  const pool = new HandRunPool(1, 10);
  const app = await openAppOn(t, pool, { source: shapesModel, openSplit });
  const started = await start(app, { dataset: 'shapes', split: 'validation' });
  const url = String(started.headers.location);
  assert.deepEqual((await view(app, url)).progress, { done: 0, count: 1000 });
  await pool.begun(1);
  const next = await followEvents(app, url);
  const told = await next();
  pool.batches[0]!.finish();
  told.push(...(await next()));
  await pool.begun(2);
  assert.deepEqual((await view(app, url)).progress, { done: 32, count: 1000 });
  assert.deepEqual(
    (await app.inject('/evaluations')).json<EvaluationView[]>().map(({ status }) => status),
    ['running'],
  );

  const cancelled = await app.inject({ method: 'DELETE', url });
  assert.equal(cancelled.statusCode, 200);
  assert.equal(cancelled.json<EvaluationView>().status, 'cancelled');
  told.push(...(await next()));
  assert.deepEqual(
    told.map(([name, { progress }]) => [name, progress.done]),
    [
      ['progress', 0],
      ['progress', 32],
      ['end', 32],
    ],
  );
  pool.batches[1]!.finish();
  assert.equal((await view(app, url)).status, 'cancelled', 'the batch that ran changes nothing');
  assert.equal(pool.batches.length, 2);
});

test('no more than two run at once', async (t) => {
  const pool = new HandRunPool(1, 10);
  const app = await openAppOn(t, pool, { source: shapesModel, openSplit });
  const all = [1, 2, 3].map(() => start(app, { dataset: 'shapes', split: 'test', limit: 1 }));
  const codes = (await Promise.all(all)).map(({ statusCode }) => statusCode);
  assert.deepEqual(codes, [202, 202, 503]);
  for (let batch = 0; batch < 2; batch += 1) {
    await pool.begun(batch + 1);
    pool.batches[batch]!.finish();
  }
});

test('a run that fails ends the evaluation with the error', async (t) => {
  const pool = new HandRunPool(1, 10);
  const app = await openAppOn(t, pool, { source: shapesModel, openSplit });
  const url = String((await start(app, { dataset: 'shapes', split: 'test' })).headers.location);
  await pool.begun(1);
  pool.batches[0]!.fail(new Error('secret'));
  const [name, last] = (await eventsOf(app, url)).at(-1)!;
  assert.equal(name, 'end');
  assert.ok(last.status === 'failed');
  assert.equal(last.error.code, 'INTERNAL');
  assert.doesNotMatch(JSON.stringify(last), /secret/);
});

test('a client that leaves the events hinders nobody', async (t) => {
  const pool = new HandRunPool(1, 10);
  const app = await openAppOn(t, pool, { source: shapesModel, openSplit });
  const url = String((await start(app, { dataset: 'shapes', split: 'test', limit: 64 })).headers.location);
  const leaving = new AbortController();
  const next = await followEvents(app, url, leaving.signal);
  assert.equal((await next())[0]?.[0], 'progress');
  leaving.abort();
  await assert.rejects(next(), { name: 'AbortError' });
  for (let batch = 0; batch < 2; batch += 1) {
    await pool.begun(batch + 1);
    pool.batches[batch]!.finish();
  }
  const [, last] = (await eventsOf(app, url)).at(-1)!;
  assert.equal(last.status, 'done');
});

test('what cannot be evaluated is refused at once', async (t) => {
  const dataDir = await temporaryFolder(t);
  const app = await openAppOn(t, new HandRunPool(1), { dataDir });
  const refused = [
    [{ dataset: 'cifar10', split: 'test' }, 404, 'DATASET_NOT_FOUND'],
    [{ dataset: '../etc', split: 'test' }, 404, 'DATASET_UNKNOWN'],
    [{ dataset: 'shapes', split: 'all' }, 400, 'REQUEST_INVALID'],
    [{ dataset: 'shapes', split: 'test', limit: 0 }, 400, 'REQUEST_INVALID'],
    [{ dataset: 'shapes' }, 400, 'REQUEST_INVALID'],
    [{ dataset: 'shapes', split: 'test', download: true }, 400, 'REQUEST_INVALID'],
  ] as const;
  for (const [payload, status, code] of refused) {
    const response = await start(app, payload);
    assert.equal(response.statusCode, status, response.body);
    assert.equal(refusalOf(response).code, code);
    assert.ok(!response.body.includes(dataDir), 'the answer names a folder of this machine');
  }
  assert.deepEqual((await app.inject('/evaluations')).json(), []);
});

test('labels or a frame that are not the model’s are refused', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1), { openSplit });
  const labels = await start(app, { dataset: 'shapes', split: 'test' });
  assert.equal(labels.statusCode, 409);
  assert.equal(refusalOf(labels).code, 'DATASET_MISMATCH');
  assert.match(refusalOf(labels).expected, /airplane, automobile/);
  assert.match(refusalOf(labels).received, /^shapes with /);

  const wider: SplitOpener = async (source, signal) => {
    const split = await openSplit(source, signal);
    return { ...split, pictures: { ...split.pictures, width: 64 } };
  };
  const other = await openAppOn(t, new HandRunPool(1), { source: shapesModel, openSplit: wider });
  const frame = await start(other, { dataset: 'shapes', split: 'test' });
  assert.equal(frame.statusCode, 409);
  assert.match(refusalOf(frame).received, /64×32/);
});

test('an id that does not exist', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  for (const [method, url] of [
    ['GET', '/evaluations/x'],
    ['GET', '/evaluations/x/events'],
    ['DELETE', '/evaluations/x'],
  ] as const) {
    const response = await app.inject({ method, url });
    assert.equal(response.statusCode, 404, url);
    assert.equal(refusalOf(response).code, 'EVALUATION_NOT_FOUND');
  }
});

test('broken JSON is refused', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const response = await app.inject({
    method: 'POST',
    url: '/evaluations',
    headers: { 'content-type': 'application/json' },
    payload: '{"dataset":',
  });
  assert.equal(response.statusCode, 400);
  assert.equal(refusalOf(response).code, 'REQUEST_INVALID');
});
