import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../../../runtime/worker-pool.js';
import { frames } from '../../fixtures/frames.js';
import { tinyModel } from '../../fixtures/model.js';
import { openRepository } from './serving.js';

const row: Row = { kind: 'frame', bytes: frames(1) };

test('a request is answered by the model and version that it names, else the default and the highest', async (t) => {
  const { models } = await openRepository(t);
  await models.load(tinyModel({ seed: 1 }), { name: 'a', version: '2' });
  await models.load(tinyModel({ seed: 2 }), { name: 'a', version: '10' });
  await models.load(tinyModel({ seed: 3 }), { name: 'flowers' });
  const found = (...asked: [string?, string?]) => {
    const { name, version } = models.find(...asked);
    return `${name} ${version}`;
  };
  assert.deepEqual(
    [found(), found('a'), found('a', '2'), found('flowers'), found('flowers', '1')],
    ['a 10', 'a 10', 'a 2', 'flowers 1', 'flowers 1'],
  );
  assert.throws(() => models.find('flower'), {
    code: 'MODEL_NOT_SERVED',
    expected: /did you mean flowers\?/,
  });
  assert.throws(() => models.find('a', '3'), { code: 'MODEL_NOT_SERVED', received: 'a version 3' });
  assert.deepEqual(
    models.list().map(({ name, version }) => `${name} ${version}`),
    ['a 2', 'a 10', 'flowers 1'],
  );
});

test('before the first model, and after the last, the service is not ready', async (t) => {
  const { models } = await openRepository(t);
  assert.throws(() => models.find(), { code: 'NOT_READY' });
  await models.load(tinyModel(), {});
  models.assertReady();
  models.unload('tiny', '1');
  models.unload('tiny', '1');
  assert.throws(() => models.assertReady(), { code: 'NOT_READY' });
});

test('a file that is refused leaves the old one serving and says why', async (t) => {
  const { models, events } = await openRepository(t);
  const old = await models.load(tinyModel(), { name: 'a' });
  await assert.rejects(models.load(tinyModel().subarray(0, 900), { name: 'a' }), { code: 'MODEL_INVALID' });
  assert.equal(models.find('a'), old);
  assert.equal(models.list()[0]?.problem?.code, 'MODEL_INVALID');
  const next = await models.load(tinyModel({ seed: 1 }), { name: 'a' });
  assert.equal(models.find('a'), next);
  assert.equal(models.list()[0]?.problem, undefined);
  assert.deepEqual(events, ['loaded a 1', 'refused a 1', 'loaded a 1']);
});

test('a model that is replaced answers what it had accepted, decoding included', async (t) => {
  const { models } = await openRepository(t);
  const old = await models.load(tinyModel(), { name: 'a' });
  const seat = old.batcher.admit(1);
  const next = await models.load(tinyModel({ seed: 1 }), { name: 'a' });
  assert.equal(models.find(), next);
  const [late] = await seat.run([row]);
  const [fresh] = await next.batcher.admit(1).run([row]);
  assert.ok(late?.result.kind === 'probabilities' && fresh?.result.kind === 'probabilities');
  assert.notDeepEqual(late.result.values, fresh.result.values);
});

test('an evaluation holds its model until it lets go, once', async (t) => {
  const { models } = await openRepository(t);
  const old = await models.load(tinyModel(), { name: 'a' });
  const release = old.retain();
  const keep = old.retain();
  await models.load(tinyModel({ seed: 1 }), { name: 'a' });
  release();
  release();
  await old.batcher.drained();
  const [result] = await old.batcher.background([row], new AbortController().signal);
  assert.equal(result?.kind, 'probabilities');
  keep();
});
