import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Checkpoint, CheckpointShelf, checkpointName } from '../../train/checkpoint.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

function checkpointOf(step: number, ema?: number): Checkpoint {
  return {
    metadata: {
      step,
      network: 'tinycnn',
      labels: ['a', 'b'],
      dataset: { name: 'shapes', digest: 'd' },
      trainedOn: 'train',
      recipe: 'small',
      batch: 4,
      seed: 0,
      validation: ema === undefined ? null : { ema, raw: 0 },
    },
    state: { step, tensors: new Map([['w', { dims: [1], data: Float32Array.of(step) }]]) },
  };
}

const precisions = [0.1, 0.7, 0.3, undefined, 0.5, 0.6, 0.4, 0.2, 0.1];

async function saveAll(folder: string, keep: 'last' | 'all') {
  const shelf = await CheckpointShelf.open(folder);
  for (const [step, ema] of precisions.entries()) await shelf.save(checkpointOf(step, ema), keep);
  return (await readdir(folder)).sort();
}

test('the last five and the best on validation stay', async (t) => {
  const folder = await temporaryFolder(t);
  assert.deepEqual(await saveAll(folder, 'last'), [1, 4, 5, 6, 7, 8].map(checkpointName));
});

test('the best is known to a later process', async (t) => {
  const folder = await temporaryFolder(t);
  await saveAll(folder, 'last');
  const shelf = await CheckpointShelf.open(folder);
  assert.equal(shelf.best?.path, join(folder, checkpointName(1)));
  await shelf.save(checkpointOf(9, 0.65), 'last');
  assert.deepEqual((await readdir(folder)).sort(), [1, 5, 6, 7, 8, 9].map(checkpointName));
});

test('all stay where that is asked for', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal((await saveAll(folder, 'all')).length, precisions.length);
});

test("an unfinished file of a killed process is cleared away, other people's files are not", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, `${checkpointName(3)}.123.tmp`), 'half');
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await CheckpointShelf.open(folder);
  assert.deepEqual(await readdir(folder), ['notes.txt']);
});
