import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { Check } from 'typebox/value';
import { openShapes } from '../../data/shapes.js';
import { KilnError } from '../../errors/errors.js';
import { Database } from '../../serve/evaluations/database.js';
import type { SplitOpener } from '../../serve/evaluations/dataset-thread.js';
import { type PictureList, pictureList } from '../../serve/evaluations/picture-list.js';
import { migrations } from '../../serve/evaluations/schema.js';
import type { EvaluationView } from '../../serve/evaluations/views.js';
import { zipOf } from '../fixtures/archives.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { HandRunPool } from './hand-run-pool.js';
import { openApp, openAppOn, refusalOf, startApp } from './serving.js';
import { splitOpenerOf } from './split-opener.js';

type Done = Extract<EvaluationView, { status: 'done' }>;

const count = 60;
const shapes = await openShapes({ train: 10, validation: 10, test: 100 });
const { labels } = shapes;
const model = tinyModel({ name: 'shapes', labels });
/** How the dataset is met on the disk, and how often it was opened. */
const disk = { state: 'whole' as 'whole' | 'gone' | 'changed' | 'unusable', opened: 0 };
const openSplit: SplitOpener = async (...args) => {
  disk.opened += 1;
  if (disk.state === 'gone') throw new KilnError('DATASET_NOT_FOUND', { expected: 'it', received: 'none' });
  if (disk.state === 'unusable') throw new KilnError('DATASET_UNUSABLE', { expected: 'it', received: 'x' });
  const split = await splitOpenerOf(shapes)(...args);
  return disk.state === 'changed' ? { ...split, digest: 'f'.repeat(64) } : split;
};

const examples = shapes.split('test').read(Array.from({ length: count }, (_, index) => index));
const frameOf = (index: number) => examples.images.subarray(index * 3072, (index + 1) * 3072);
const order = { dataset: 'shapes', split: 'test', limit: count };

async function doneOf(app: FastifyInstance, url: string): Promise<Done> {
  await app.inject(`${url}/events`);
  const view = (await app.inject(url)).json<EvaluationView>();
  assert.ok(view.status === 'done', JSON.stringify(view));
  return view;
}

async function evaluateDataset(app: FastifyInstance): Promise<Done> {
  const started = await app.inject({ method: 'POST', url: '/evaluations', payload: order });
  return doneOf(app, String(started.headers.location));
}

/** For all tests but those that need one of their own. */
const { app, close } = await startApp({ source: model, openSplit });
after(close);
const ofDataset = await evaluateDataset(app);

const entries = await Promise.all(
  Array.from({ length: count }, async (_, index) => ({
    name: `photos/${labels[examples.labels[index]!]}/${index}.png`,
    content: await sharp(frameOf(index), { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer(),
  })),
);

/** Of the same pictures, with one in between that is none. */
async function evaluateArchive(app: FastifyInstance): Promise<Done> {
  const torn = { name: `photos/${labels[0]}/torn.png`, content: Buffer.from('none') };
  const started = await app.inject({
    method: 'POST',
    url: '/evaluations',
    headers: { 'content-type': 'application/zip' },
    payload: zipOf([entries[0]!, torn, ...entries.slice(1)]),
  });
  return doneOf(app, String(started.headers.location));
}

async function listed(app: FastifyInstance, id: string, query = ''): Promise<PictureList> {
  const response = await app.inject(`/evaluations/${id}/pictures${query}`);
  const body: unknown = response.json();
  assert.ok(Check(pictureList, body), response.body);
  return body;
}

const picture = (app: FastifyInstance, id: string, index: number, headers = {}) =>
  app.inject({ url: `/evaluations/${id}/pictures/${index}`, headers });

const pixelsOf = async (png: Buffer) => new Uint8Array(await sharp(png).raw().toBuffer());

async function refused(app: FastifyInstance, url: string): Promise<[number, string]> {
  const response = await app.inject(url);
  return [response.statusCode, refusalOf(response).code];
}

test('the pictures of a cell are as many as the confusion matrix says, each right or wrong as it says', async () => {
  const { id, result } = ofDataset;
  for (const [row, counts] of result.confusion.entries()) {
    for (const [column, expected] of counts.entries()) {
      const query = `?true=${labels[row]}&predicted=${labels[column]}&limit=500`;
      const found = await listed(app, id, query);
      assert.equal(found.count, expected);
      assert.equal(found.pictures.length, expected);
      for (const { index, true: label, predicted } of found.pictures) {
        assert.equal(labels[examples.labels[index]!], label);
        assert.deepEqual([label, predicted], [labels[row], labels[column]]);
      }
    }
  }
  const wrong = await listed(app, id, '?wrong=true&limit=500');
  assert.ok(wrong.count > 0 && wrong.count < count, 'the control');
  assert.equal(wrong.count, count - Math.round(result.precisionAt1 * count));
  assert.equal((await listed(app, id, '?wrong=false')).count, count - wrong.count);
});

test('orders and pages', async () => {
  const { id } = ofDataset;
  const sure = (await listed(app, id, '?limit=500')).pictures;
  const probabilities = sure.map(({ probability }) => probability.predicted!);
  assert.deepEqual(
    probabilities,
    probabilities.toSorted((a, b) => b - a),
  );
  assert.ok(probabilities[0]! > probabilities.at(-1)!, 'the control');
  for (const { true: label, predicted, probability } of sure) {
    assert.ok(probability.predicted! <= 1 && probability.true! <= probability.predicted!);
    assert.equal(label === predicted, probability.true === probability.predicted);
  }
  const unsure = (await listed(app, id, '?order=unsure&limit=500')).pictures;
  assert.deepEqual(
    unsure.map(({ probability }) => probability.predicted),
    probabilities.toReversed(),
  );
  const inPlace = (await listed(app, id, '?order=dataset&limit=500')).pictures;
  assert.deepEqual(
    inPlace.map(({ index }) => index),
    Array.from({ length: count }, (_, index) => index),
  );
  const page = await listed(app, id, '?offset=7&limit=5');
  assert.deepEqual(page, { count, order: 'confident', pictures: sure.slice(7, 12) });
  assert.equal((await listed(app, id)).pictures.length, 24);
  assert.deepEqual((await listed(app, id, '?offset=60')).pictures, []);
});

test('a dataset’s picture is read again, as it was, and may be held for ever', async () => {
  const { id } = ofDataset;
  const responses = await Promise.all([picture(app, id, 3), picture(app, id, 59)]);
  const [three, last] = responses.map(({ rawPayload }) => rawPayload);
  assert.deepEqual(await pixelsOf(three!), new Uint8Array(frameOf(3)));
  assert.deepEqual(await pixelsOf(last!), new Uint8Array(frameOf(59)));
  assert.notDeepEqual(frameOf(3), frameOf(59), 'the control');
  const { headers } = responses[0]!;
  assert.equal(headers['content-type'], 'image/png');
  assert.match(String(headers['cache-control']), /^private, max-age=31536000, immutable$/);
  const again = await picture(app, id, 3, { 'if-none-match': headers.etag });
  assert.deepEqual([again.statusCode, again.body], [304, '']);
  assert.equal(disk.opened, 2, 'once for the evaluation, once for all pictures');
});

test('a dataset that has gone or changed since is refused, and found when it is back', async (t) => {
  t.after(() => {
    disk.state = 'whole';
  });
  const started = await app.inject({ method: 'POST', url: '/evaluations', payload: { ...order, limit: 9 } });
  const { id } = await doneOf(app, String(started.headers.location)); // another split than the one that is open
  const url = `/evaluations/${id}/pictures/0`;
  disk.state = 'gone';
  assert.deepEqual(await refused(app, url), [404, 'DATASET_NOT_FOUND']);
  disk.state = 'changed';
  assert.deepEqual(await refused(app, url), [409, 'DATASET_CHANGED']);
  disk.state = 'unusable';
  assert.deepEqual(await refused(app, url), [409, 'DATASET_CHANGED']);
  disk.state = 'whole';
  assert.equal((await app.inject(url)).statusCode, 200);
});

test('of an archive names and pictures are kept, as the network saw them', async () => {
  const { id } = await evaluateArchive(app);
  const { count: found, pictures } = await listed(app, id, '?wrong=true&limit=500');
  assert.ok(found > 0);
  for (const { index, name, available } of pictures) {
    assert.ok(available);
    const before = index === 0 ? 0 : index - 1; // one in between is none
    assert.equal(name, entries[before]!.name);
    const { rawPayload } = await picture(app, id, index);
    assert.deepEqual(await pixelsOf(rawPayload), new Uint8Array(frameOf(before)));
  }
  assert.deepEqual(await refused(app, `/evaluations/${id}/pictures/1`), [404, 'PICTURE_NOT_FOUND']);
});

test('what is not kept is listed all the same, and says so', async (t) => {
  const keptPictureBytes = 5 * 3072;
  const sparing = await openApp(t, { source: model, keptPictureBytes });
  const { id } = await evaluateArchive(sparing);
  const { pictures } = await listed(sparing, id, '?limit=500');
  const kept = pictures.filter(({ available }) => available);
  assert.equal(kept.length, 5);
  assert.ok(kept.every((one) => one.true !== one.predicted));
  const { index } = pictures.find(({ available }) => !available)!;
  assert.deepEqual(await refused(sparing, `/evaluations/${id}/pictures/${index}`), [410, 'PICTURE_NOT_KEPT']);
});

test('in memory the newest four evaluations keep their pictures', async (t) => {
  const app = await openApp(t, { source: model });
  const done: Done[] = [];
  for (let turn = 0; turn < 5; turn += 1) done.push(await evaluateArchive(app));
  const available = await Promise.all(
    done.map(async ({ id }) => (await listed(app, id, '?wrong=true')).pictures.some((one) => one.available)),
  );
  assert.deepEqual(available, [false, true, true, true, true]);
});

test('what cannot be listed is refused', async (t) => {
  const { id } = ofDataset;
  const url = `/evaluations/${id}/pictures`;
  for (const query of [
    '?true=kitten',
    '?predicted=x',
    '?order=best',
    '?limit=0',
    '?offset=-1',
    '?colour=red',
  ])
    assert.deepEqual(await refused(app, url + query), [400, 'REQUEST_INVALID'], query);
  assert.deepEqual(await refused(app, `${url}/60`), [404, 'PICTURE_NOT_FOUND']);
  assert.deepEqual(await refused(app, `${url}/-1`), [400, 'REQUEST_INVALID']);
  assert.deepEqual(await refused(app, '/evaluations/x/pictures'), [404, 'EVALUATION_NOT_FOUND']);

  const pool = new HandRunPool(1, 10);
  const running = await openAppOn(t, pool, { source: model, openSplit });
  const started = await running.inject({ method: 'POST', url: '/evaluations', payload: order });
  const list = `${started.headers.location}/pictures`;
  assert.deepEqual(await refused(running, list), [409, 'EVALUATION_MISMATCH']);
  assert.deepEqual(await refused(running, `${list}/0`), [409, 'EVALUATION_MISMATCH']);
  await pool.begun(1);
  await running.inject({ method: 'DELETE', url: String(started.headers.location) });
  pool.batches[0]!.finish();
  assert.deepEqual(await refused(running, list), [409, 'EVALUATION_MISMATCH']);
});

/** A file of the first version, with an evaluation of these pictures in which all are taken for class 0. */
async function earlierDatabase(t: TestContext, view: Done): Promise<string> {
  const file = join(await temporaryFolder(t), 'evaluations.sqlite');
  const database = await Database.open(file, migrations.slice(0, 1));
  const answers = Buffer.alloc(4 * count);
  for (const [place, label] of examples.labels.entries()) answers.writeUInt16LE(label, 4 * place);
  const { result, model: of } = view;
  const row = {
    id: view.id,
    model: of.name,
    version: of.version,
    digest: of.digest,
    source: view.source,
    dataset: view.dataset,
    split: view.split,
    data_digest: view.dataDigest,
    total: count,
    started_at: view.startedAt,
    ended_at: view.endedAt,
    status: 'done',
    done: count,
    count,
    correct: 1,
    precision_at_1: result.precisionAt1,
    interval_low: result.interval[0],
    interval_high: result.interval[1],
    top5: result.top5,
    images_per_second: result.imagesPerSecond,
    per_class: JSON.stringify(result.perClass),
    confusion: JSON.stringify(result.confusion),
    answers,
  };
  const places = Object.keys(row).map(() => '?');
  database.run(
    `INSERT INTO evaluations (${Object.keys(row).join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  );
  database.close();
  return file;
}

test('a database of the first version opens, and loses nothing', async (t) => {
  const view = ofDataset;
  const evaluationsFile = await earlierDatabase(t, view);
  const app = await openApp(t, { source: model, openSplit, evaluationsFile });
  const found = (await app.inject(`/evaluations/${view.id}`)).json<EvaluationView>();
  assert.deepEqual(found, { ...view, skipped: { count: 0, examples: [] } });
  const { order: told, pictures } = await listed(app, view.id, '?order=confident&limit=500');
  assert.equal(told, 'dataset');
  assert.deepEqual(
    pictures.map((one) => [one.index, one.true, one.predicted, one.probability.true]),
    Array.from({ length: count }, (_, index) => [index, labels[examples.labels[index]!], labels[0], null]),
  );
  assert.equal((await picture(app, view.id, 3)).statusCode, 200);
  const { id } = await evaluateDataset(app);
  const compared = await app.inject(`/evaluations/compare?ids=${view.id},${id}`);
  assert.equal(compared.json().comparisons[0].kind, 'paired', compared.body);
});
