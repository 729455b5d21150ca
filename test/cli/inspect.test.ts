import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileCard } from '../../export/card.js';
import { inspectFile } from '../../export/inspect.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kiln } from './kiln.js';

test('inspect deepcnn prints its parameters and multiply-adds', async () => {
  const { code, stdout } = await kiln(['inspect', 'deepcnn']);
  assert.equal(code, 0);
  assert.match(stdout, /1,068,298 parameters, 18\.5 M multiply-adds/);
});

test('inspect FILE prints the card, with --json all of it', async (t) => {
  const file = join(await temporaryFolder(t), 'tiny.onnx');
  await writeFile(file, tinyModel());
  const summary = inspectFile(tinyModel());
  assert.equal((await kiln(['inspect', file])).stdout, `${fileCard(summary)}\n`);
  assert.deepEqual(JSON.parse((await kiln(['inspect', file, '--json'])).stdout), summary);
});

test('inspect refuses what is no kiln file', async (t) => {
  const file = join(await temporaryFolder(t), 'cut.onnx');
  await writeFile(file, tinyModel().subarray(0, 9_000));
  const { code, stderr } = await kiln(['inspect', file]);
  assert.equal(code, 1);
  assert.match(stderr, /\(MODEL_INVALID\)/);
});
