import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EvaluationTally } from '../../runtime/evaluation.js';
import { Answers } from '../../serve/evaluations/answers.js';
import { Database } from '../../serve/evaluations/database.js';
import { EvaluationRecords } from '../../serve/evaluations/records.js';
import { migrations } from '../../serve/evaluations/schema.js';
import type { EvaluationFacts, EvaluationView } from '../../serve/evaluations/views.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const labels = ['cat', 'dog'];

function facts(number: number, more: Partial<EvaluationFacts> = {}): EvaluationFacts {
  return {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    model: { name: 'tiny', version: '1', digest: 'd'.repeat(64) },
    source: 'dataset',
    dataset: 'shapes',
    split: 'test',
    dataDigest: 'e'.repeat(64),
    startedAt: new Date(number).toISOString(),
    ...more,
  };
}

/** Done: the first picture right, the second taken for a cat. */
function doneView(number: number, more: Partial<EvaluationFacts> = {}) {
  const tally = new EvaluationTally(labels);
  tally.add(Float32Array.of(0.9, 0.1, 0.8, 0.2), Int32Array.of(0, 1));
  return {
    ...facts(number, more),
    endedAt: new Date(number + 1).toISOString(),
    progress: { done: 3, count: 3 },
    skipped: { count: 1, examples: [{ name: 'cat/x.txt', reason: 'no picture' }] },
    status: 'done',
    result: { ...tally.result(), imagesPerSecond: 12.5 },
  } as const satisfies EvaluationView;
}

async function databaseFile(t: TestContext): Promise<string> {
  return join(await temporaryFolder(t), 'evaluations.sqlite');
}

async function opened(t: TestContext, file?: string): Promise<EvaluationRecords> {
  const records = await EvaluationRecords.open(file);
  t.after(() => records.close());
  return records;
}

test('what was written is there again after a restart, to the last digit', async (t) => {
  const file = await databaseFile(t);
  const view = doneView(1);
  const answers = Answers.ofCount(3);
  answers.set(0, 0, 0, Float32Array.of(0.9, 0.1));
  answers.set(2, 1, 0, Float32Array.of(0.8, 0.2));
  const sheet = { answers, names: ['cat/1.png', '', 'dog/ü.png'], frameHeight: 32 };
  const picture = { place: 2, png: Uint8Array.of(1, 2, 3) };
  const before = await EvaluationRecords.open(file);
  before.begin(facts(1), 3);
  assert.equal(before.get(view.id).status, 'running');
  before.pictures.add(view.id, [picture]);
  before.end(view, sheet);
  assert.deepEqual(before.get(view.id), view);
  before.close();

  const after = await opened(t, file);
  assert.deepEqual(after.get(view.id), view);
  const { answers: found, ...rest } = after.sheet(view.id)!;
  assert.deepEqual([found.bytes, found.probabilityBytes], [answers.bytes, answers.probabilityBytes]);
  assert.deepEqual(rest, { names: sheet.names, frameHeight: sheet.frameHeight });
  assert.deepEqual(after.pictures.png(view.id, 2), picture.png);
  assert.deepEqual([...after.pictures.places(view.id)], [2]);
  const { perClass, confusion, ...figures } = view.result;
  assert.deepEqual(after.list({ limit: 10 }), [{ ...view, result: figures }]);
});

test('pictures stay with an evaluation that is done, and with no other', async (t) => {
  const file = await databaseFile(t);
  const before = await EvaluationRecords.open(file);
  const pictures = [{ place: 0, png: Uint8Array.of(1) }];
  for (const number of [1, 2, 3]) {
    before.begin(facts(number), 3);
    before.pictures.add(facts(number).id, pictures);
  }
  before.end(doneView(1), undefined);
  const { result: _, ...cancelled } = doneView(2);
  before.end({ ...cancelled, status: 'cancelled' }, undefined);
  const sizes = (records: EvaluationRecords) =>
    [1, 2, 3].map((number) => records.pictures.places(facts(number).id).size);
  assert.deepEqual(sizes(before), [1, 0, 1], 'one is still running');
  before.close();
  assert.deepEqual(sizes(await opened(t, file)), [1, 0, 0]);
});

test('each way to end is told as it was', async (t) => {
  const records = await opened(t);
  const common = {
    endedAt: new Date(9).toISOString(),
    progress: { done: 0, count: 3 },
    skipped: { count: 0, examples: [] },
  };
  const error = { code: 'WORKER_FAILED', message: 'm', expected: 'e', received: 'r' } as const;
  const views: Exclude<EvaluationView, { status: 'running' | 'done' }>[] = [
    { ...facts(1), ...common, status: 'failed', error },
    { ...facts(2), ...common, status: 'cancelled' },
    { ...facts(3, { source: 'archive', dataset: 'ü.zip', split: null }), ...common, status: 'interrupted' },
  ];
  for (const view of views) {
    records.begin(view, 3);
    records.end(view, undefined);
    assert.deepEqual(records.get(view.id), view);
    assert.equal(records.answers(view.id), undefined);
  }
  assert.throws(() => records.get('x'), { code: 'EVALUATION_NOT_FOUND', received: 'x' });
});

test('lists are filtered, the newest first, page by page', async (t) => {
  const records = await opened(t);
  for (let number = 1; number <= 6; number += 1) {
    const name = number % 2 === 0 ? 'even' : 'odd';
    const more = { model: { name, version: `${number % 3}`, digest: 'd' }, dataset: `set ${number % 3}` };
    records.begin(facts(number, more), 3);
    if (number < 4) records.end(doneView(number, more), undefined);
  }
  const listed = (filter: object) =>
    records.list({ limit: 10, ...filter }).map(({ startedAt }) => Date.parse(startedAt));
  assert.deepEqual(listed({}), [6, 5, 4, 3, 2, 1]);
  assert.deepEqual(listed({ limit: 2 }), [6, 5]);
  assert.deepEqual(listed({ limit: 2, before: facts(5).id }), [4, 3]);
  assert.deepEqual(listed({ model: 'odd' }), [5, 3, 1]);
  assert.deepEqual(listed({ model: 'odd', version: '2' }), [5]);
  assert.deepEqual(listed({ dataset: 'set 0' }), [6, 3]);
  assert.deepEqual(listed({ status: 'running', model: 'even' }), [6, 4]);
  assert.deepEqual(listed({ model: "' OR 1 --" }), []);
  assert.throws(() => listed({ before: 'x' }), { code: 'EVALUATION_NOT_FOUND' });
});

test('in memory the oldest that has ended makes room', async (t) => {
  const records = await opened(t);
  records.begin(facts(0), 3); // runs for ever
  for (let number = 1; number <= 1010; number += 1) {
    records.begin(facts(number), 3);
    records.end(doneView(number), undefined);
  }
  const listed = records.list({ limit: 2000 });
  assert.equal(listed.length, 1001);
  assert.deepEqual([listed.at(-1)?.id, listed.at(-2)?.id], [facts(0).id, facts(11).id]);
});

const recordsModule = fileURLToPath(new URL('../../serve/evaluations/records.js', import.meta.url));

/** A process that opens the file, begins one evaluation after another and never ends by itself. */
const writer = `
  const { EvaluationRecords } = await import(${JSON.stringify(recordsModule)});
  const facts = ${JSON.stringify(facts(1))};
  const records = await EvaluationRecords.open(process.argv[1]);
  for (let number = 0; ; number += 1) {
    const id = facts.id.slice(0, 24) + String(number).padStart(12, '0');
    records.begin({ ...facts, id }, 3);
    if (number === 3) console.log('writing');
    await new Promise(setImmediate);
  }`;
const writing = (file: string) => ['--input-type=module', '--eval', writer, file];

test('killed while it writes: all is there, and what ran is interrupted; nobody else may have the file', async (t) => {
  const file = await databaseFile(t);
  const child = spawn(process.execPath, writing(file), { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const second = spawnSync(process.execPath, writing(file), { encoding: 'utf8' });
  assert.match(second.stderr, /EVALUATIONS_UNUSABLE/);
  assert.match(second.stderr, /which another service uses/);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const records = await opened(t, file);
  const listed = records.list({ limit: 100_000 });
  assert.ok(listed.length > 3);
  assert.deepEqual(new Set(listed.map(({ status }) => status)), new Set(['interrupted']));
  assert.deepEqual(
    listed.map(({ id }) => Number(id.slice(24))),
    Array.from(listed, (_, index) => listed.length - 1 - index),
    'none is missing',
  );
});

test('a file that is no database, of a newer kiln, or nowhere is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const text = join(folder, 'notes.txt');
  await writeFile(text, 'no database '.repeat(100));
  const newer = join(folder, 'newer.sqlite');
  const database = await Database.open(newer, [...migrations, 'CREATE TABLE more (a)']);
  database.close();
  const refused = [
    [text, /not a database/],
    [newer, /of a newer kiln/],
    [join(folder, 'missing', 'file'), /Unable to open/i],
  ] as const;
  for (const [file, received] of refused) {
    await assert.rejects(EvaluationRecords.open(file), { code: 'EVALUATIONS_UNUSABLE', received });
  }
});

test('a row that another program has spoilt is refused, not passed on', async (t) => {
  const file = await databaseFile(t);
  const records = await EvaluationRecords.open(file);
  records.begin(facts(1), 3);
  records.end(doneView(1), undefined);
  records.close();
  const database = await Database.open(file, migrations);
  database.run("UPDATE evaluations SET precision_at_1 = 'high'");
  database.close();
  const spoilt = await opened(t, file);
  assert.throws(() => spoilt.get(facts(1).id), { code: 'EVALUATIONS_UNUSABLE', received: /has changed$/ });
});
