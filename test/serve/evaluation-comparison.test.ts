import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { Check } from 'typebox/value';
import { openShapes } from '../../data/shapes.js';
import { mcnemar, pairedDifference } from '../../runtime/mcnemar.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { unpairedDifference } from '../../runtime/unpaired-difference.js';
import { type Comparison, comparison } from '../../serve/evaluations/comparison.js';
import type { EvaluationView } from '../../serve/evaluations/views.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { HandRunPool } from './hand-run-pool.js';
import { openAppOn, refusalOf, startApp } from './serving.js';
import { splitOpenerOf } from './split-opener.js';

const shapes = await openShapes({ train: 10, validation: 200, test: 200 });
const { labels } = shapes;
/** Awkward in a table. */
const oddLabels = ['=1+1', 'a,b', 'say "x"', ...labels.slice(3)];
const modelOf = (seed: number, names = labels) => tinyModel({ name: `seed${seed}`, labels: names, seed });

async function evaluated(app: FastifyInstance, model: string, more: object = {}) {
  const payload = { dataset: 'shapes', split: 'test', model, ...more };
  const started = await app.inject({ method: 'POST', url: '/evaluations', payload });
  assert.equal(started.statusCode, 202, started.body);
  const url = String(started.headers.location);
  await app.inject(`${url}/events`); // to its end
  const view = (await app.inject(url)).json<EvaluationView>();
  assert.ok(view.status === 'done', JSON.stringify(view));
  return view;
}

/** Which of the 200 pictures a model gets right, found without the service. */
async function rightOnes(model: Uint8Array): Promise<boolean[]> {
  const classifier = await loadClassifier(model, { device: 'cpu', threads: 1 });
  const { images, labels: truth } = shapes.split('test').read(Array.from({ length: 200 }, (_, i) => i));
  const answers = await classifier.classify(images, 200);
  await classifier.close();
  return Array.from(truth, (label, index) => {
    const row = answers.subarray(index * labels.length, (index + 1) * labels.length);
    return row.indexOf(Math.max(...row)) === label;
  });
}

test('two models on the same pictures are compared picture by picture', async (t) => {
  const { app, models, close } = await startApp({ source: modelOf(1), openSplit: splitOpenerOf(shapes) });
  t.after(close);
  await models.load(modelOf(2), {});
  const [first, second] = [await evaluated(app, 'seed1'), await evaluated(app, 'seed2')];
  const answer: unknown = (await app.inject(`/evaluations/compare?ids=${first.id},${second.id}`)).json();
  assert.ok(Check(comparison, answer), JSON.stringify(answer));
  const [found] = answer.comparisons;
  assert.ok(found?.kind === 'paired');

  const [right1, right2] = [await rightOnes(modelOf(1)), await rightOnes(modelOf(2))];
  const count = (wanted1: boolean, wanted2: boolean) =>
    right1.filter((right, index) => right === wanted1 && right2[index] === wanted2).length;
  const pairs = { both: count(true, true), onlyFirst: count(false, true), onlySecond: count(true, false) };
  const all = { ...pairs, neither: 200 - pairs.both - pairs.onlyFirst - pairs.onlySecond };
  assert.ok(pairs.onlyFirst > 0 && pairs.onlySecond > 0, 'the control: the models differ');
  const { both, neither } = all;
  assert.deepEqual(found.pictures, { both, neither, onlyThis: all.onlyFirst, onlyFirst: all.onlySecond });
  assert.deepEqual(found.test, mcnemar(all));
  assert.deepEqual([found.difference, found.interval], Object.values(pairedDifference(all)));
  assert.equal(found.id, second.id);
  assert.ok(Math.abs(found.difference - (second.result.precisionAt1 - first.result.precisionAt1)) < 1e-12);
  for (const [index, row] of found.perClass.entries()) {
    const [before, after] = [first, second].map(({ result }) => result.perClass[index]!.recall!);
    assert.ok(Math.abs(row.difference! - (after! - before!)) < 1e-12, row.label);
  }
});

test('other data under the same name is compared as such; anything else is refused', async (t) => {
  let editions = 0;
  const { app, models, close } = await startApp({
    source: modelOf(1),
    openSplit: async (source, signal) => {
      editions += 1;
      const opened = await splitOpenerOf(shapes)(source, signal);
      return { ...opened, digest: String(editions).repeat(64) };
    },
  });
  t.after(close);
  await models.load(modelOf(2), {});
  const [first, second] = [await evaluated(app, 'seed1'), await evaluated(app, 'seed2')];
  const compare = (...ids: string[]) => app.inject(`/evaluations/compare?ids=${ids.join(',')}`);
  const [found] = (await compare(first.id, second.id)).json<Comparison>().comparisons;
  assert.equal(found?.kind, 'unpaired');
  const shareOf = ({ result: { precisionAt1 } }: typeof first) => ({
    correct: Math.round(precisionAt1 * 200),
    count: 200,
  });
  assert.deepEqual(
    [found.difference, found.interval],
    Object.values(unpairedDifference(shareOf(second), shareOf(first))),
  );

  const fewer = await evaluated(app, 'seed1', { limit: 100 });
  const elsewhere = await evaluated(app, 'seed1', { split: 'validation' });
  for (const other of [fewer, elsewhere]) {
    const refused = await compare(first.id, other.id);
    assert.equal(refused.statusCode, 409, refused.body);
    assert.equal(refusalOf(refused).code, 'EVALUATION_MISMATCH');
    assert.equal(refusalOf(refused).expected, '200 pictures of shapes test');
  }
  assert.equal((await compare(first.id)).statusCode, 400);
  assert.equal((await compare(first.id, 'x')).statusCode, 404);
});

/** The rows of a table, read as RFC 4180 says. */
function cells(text: string): string[][] {
  assert.ok(text.endsWith('\r\n'));
  return text
    .slice(0, -2)
    .split('\r\n')
    .map((line) =>
      Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g), ([, quoted, plain]) =>
        (quoted ?? plain ?? '').replaceAll('""', '"'),
      ),
    );
}

test('tables hold what the views hold, and no formula', async (t) => {
  const opener = splitOpenerOf({ ...shapes, labels: oddLabels });
  const { app, close } = await startApp({ source: modelOf(1, oddLabels), openSplit: opener });
  t.after(close);
  const view = await evaluated(app, 'seed1');
  const list = await app.inject('/evaluations.csv?model=seed1');
  assert.equal(list.headers['content-type'], 'text/csv; charset=utf-8; header=present');
  const [header, row, ...more] = cells(list.body);
  assert.deepEqual(more, []);
  const told = Object.fromEntries(header!.map((name, index) => [name, row![index]]));
  assert.equal(told.id, view.id);
  assert.equal(told.status, 'done');
  assert.equal(Number(told.precision_at_1), view.result.precisionAt1);
  assert.equal(Number(told.interval_high), view.result.interval[1]);
  assert.equal((await app.inject('/evaluations.csv?model=other')).body, `${header!.join(',')}\r\n`);

  const [names, ...classes] = cells((await app.inject(`/evaluations/${view.id}.csv`)).body);
  const safe = ["'=1+1", ...oddLabels.slice(1)];
  assert.deepEqual(
    classes.map(([label]) => label),
    safe,
  );
  assert.deepEqual(
    names!.slice(5),
    oddLabels.map((label) => `taken for ${label}`),
  );
  for (const [index, [, count, correct, , , ...taken]] of classes.entries()) {
    const { count: pictures, correct: right } = view.result.perClass[index]!;
    assert.deepEqual([Number(count), Number(correct)], [pictures, right]);
    assert.deepEqual(taken.map(Number), view.result.confusion[index]);
  }
  const id = '00000000-0000-4000-8000-000000000000';
  assert.equal((await app.inject(`/evaluations/${id}.csv`)).statusCode, 404);
});

test('a file keeps evaluations over a restart; what was running is interrupted', async (t) => {
  const evaluationsFile = join(await temporaryFolder(t), 'evaluations.sqlite');
  const setUp = { source: modelOf(1), openSplit: splitOpenerOf(shapes), evaluationsFile };
  const before = await startApp(setUp);
  const done = await evaluated(before.app, 'seed1');
  await before.close();

  const pool = new HandRunPool(1, 10);
  const between = await openAppOn(t, pool, setUp);
  assert.deepEqual((await between.inject(`/evaluations/${done.id}`)).json(), done);
  const payload = { dataset: 'shapes', split: 'test' };
  const started = await between.inject({ method: 'POST', url: '/evaluations', payload });
  await pool.begun(1);
  const closing = between.close();
  pool.batches[0]!.finish();
  await closing;

  const after = await openAppOn(t, new HandRunPool(1, 10), setUp);
  const listed = (await after.inject('/evaluations')).json<EvaluationView[]>();
  assert.deepEqual(
    listed.map(({ id, status }) => [id, status]),
    [
      [started.json<EvaluationView>().id, 'interrupted'],
      [done.id, 'done'],
    ],
  );
  const filtered = (query: string) => after.inject(`/evaluations?${query}`);
  assert.equal((await filtered('status=interrupted')).json<unknown[]>().length, 1);
  assert.equal((await filtered(`before=${listed[0]!.id}`)).json<EvaluationView[]>()[0]?.id, done.id);
  assert.equal((await filtered('status=finished')).statusCode, 400);
  const events = await after.inject(`/evaluations/${done.id}/events`);
  assert.match(events.body, /^event: end\n/);
});
