import assert from 'node:assert/strict';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { modelDigest } from '../../../runtime/model-digest.js';
import { openModelFile } from '../../../runtime/model-file.js';
import { ModelKeeper } from '../../../serve/models/keeper.js';
import { stampOf } from '../../../serve/models/scan.js';
import { tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { openRepository, put } from './serving.js';

async function setUp(t: TestContext) {
  const path = await temporaryFolder(t);
  const { models, events } = await openRepository(t);
  return { path, models, events, keeper: new ModelKeeper({ kind: 'folder', path }, models) };
}

test('a folder holds models as files, and as folders of versions', async (t) => {
  const { path, models, keeper } = await setUp(t);
  await put(path, 'plain.onnx', tinyModel());
  await mkdir(join(path, 'many', '2'), { recursive: true });
  await mkdir(join(path, 'many', '11'), { recursive: true });
  await put(join(path, 'many', '2'), 'model.onnx', tinyModel({ seed: 2 }));
  await put(join(path, 'many', '11'), 'model.onnx', tinyModel({ seed: 11 }));
  for (const other of ['.hidden.onnx', 'notes.txt', 'many/config.pbtxt']) {
    await writeFile(join(path, other), 'no model');
  }
  await mkdir(join(path, 'folder.onnx'));
  await keeper.loadAll();
  assert.deepEqual(
    models.live.map(({ name, version }) => `${name} ${version}`),
    ['many 2', 'many 11', 'plain 1'],
  );
});

test('a file that was opened before is not read again, unless another lies there by now', async (t) => {
  const { models } = await openRepository(t);
  const path = join(await temporaryFolder(t), 'a.onnx');
  await writeFile(path, tinyModel());
  const file = openModelFile(tinyModel({ seed: 1 })); // another than there is, so that it shows
  const digestAfter = async (stamp: string): Promise<string> => {
    await new ModelKeeper({ kind: 'file', path, name: 'a', opened: { stamp, file } }, models).loadAll();
    return models.find('a').digest;
  };
  assert.equal(await digestAfter(stampOf(await stat(path))), modelDigest(file.bytes));
  assert.equal(await digestAfter('an earlier one'), modelDigest(tinyModel()));
});

test('what is new, replaced or gone is found when two looks agree', async (t) => {
  const { path, events, keeper } = await setUp(t);
  await put(path, 'a.onnx', tinyModel());
  await keeper.loadAll();
  const looks = async (): Promise<string[]> => {
    const before = events.length;
    await keeper.look();
    assert.equal(events.length, before, 'the first look only remembers');
    await keeper.look();
    return events.slice(before);
  };
  assert.deepEqual(await looks(), []);
  await put(path, 'b.onnx', tinyModel({ seed: 1 }));
  assert.deepEqual(await looks(), ['loaded b 1']);
  await put(path, 'a.onnx', tinyModel({ seed: 2 }));
  assert.deepEqual(await looks(), ['loaded a 1']);
  await put(path, 'a.onnx', tinyModel().subarray(0, 5000));
  assert.deepEqual(await looks(), ['refused a 1']);
  assert.deepEqual(await looks(), [], 'and is not tried again');
  await rm(join(path, 'b.onnx'));
  assert.deepEqual(await looks(), ['unloaded b 1']);
});

test('a folder in which nothing can be served is refused, one good file is enough', async (t) => {
  const { path, models, keeper } = await setUp(t);
  await assert.rejects(keeper.loadAll(), { code: 'MODEL_NOT_FOUND' });
  await put(path, 'broken.onnx', tinyModel().subarray(0, 5000));
  await assert.rejects(keeper.loadAll(), { code: 'MODEL_INVALID' });
  await put(path, 'good.onnx', tinyModel());
  await keeper.loadAll();
  assert.equal(models.find().name, 'good');
});

test('by order a model is loaded and unloaded at once, and an unknown name is refused', async (t) => {
  const { path, models, events, keeper } = await setUp(t);
  await put(path, 'a.onnx', tinyModel());
  await keeper.load('a');
  await keeper.unload('a');
  assert.deepEqual(events, ['loaded a 1', 'unloaded a 1']);
  assert.equal(models.live.length, 0);
  await assert.rejects(keeper.load('b'), { code: 'MODEL_NOT_FOUND' });
  await assert.rejects(keeper.unload('a'), { code: 'MODEL_NOT_SERVED' });
});
