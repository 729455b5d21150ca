import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { datasetNames, defaultDataDir, openDataset } from '../../data/registry.js';
import { KilnError } from '../../errors/errors.js';
import { writeTinyCifar10 } from '../fixtures/cifar10.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

test('shapes needs no data folder', async () => {
  const dataset = await openDataset({ name: 'shapes', dataDir: '/nowhere' });
  assert.equal(dataset.name, 'shapes');
});

test('an unknown name is refused with the known ones and the closest', async () => {
  for (const [name, meant] of [
    ['cifar', 'cifar10'],
    ['CIFAR10', 'cifar10'],
    ['shape', 'shapes'],
  ] as const) {
    await assert.rejects(openDataset({ name, dataDir: '.' }), {
      name: 'KilnError',
      code: 'DATASET_UNKNOWN',
      expected: `one of ${datasetNames.join(', ')}; did you mean ${meant}?`,
      received: name,
    });
  }
  await assert.rejects(openDataset({ name: 'imagenet', dataDir: '.' }), {
    code: 'DATASET_UNKNOWN',
    expected: `one of ${datasetNames.join(', ')}`,
  });
});

test('a folder without CIFAR-10 is refused with both ways out, and nothing is downloaded', async (t) => {
  const dataDir = await temporaryFolder(t);
  await assert.rejects(openDataset({ name: 'cifar10', dataDir }), (error) => {
    assert.ok(error instanceof KilnError);
    assert.equal(error.code, 'DATASET_NOT_FOUND');
    assert.equal(error.status, 404);
    assert.match(error.message, /--data-dir/);
    assert.match(error.message, /kiln data cifar10 --download/);
    assert.ok(error.received.includes(dataDir));
    return true;
  });
});

test('the data folder and its cifar-10-batches-bin are both accepted', async (t) => {
  const dataDir = await temporaryFolder(t);
  const folder = await writeTinyCifar10(dataDir);
  // Found and read: what is refused is the size of the small stand-in.
  for (const accepted of [dataDir, folder]) {
    await assert.rejects(openDataset({ name: 'cifar10', dataDir: accepted }), { code: 'DATASET_CORRUPT' });
  }
  await writeFile(join(dataDir, 'other'), '');
  await assert.rejects(openDataset({ name: 'cifar10', dataDir: join(dataDir, 'other') }), {
    code: 'DATASET_NOT_FOUND',
  });
});

test('the default data folder is KILN_DATA_DIR, else the cache folder', () => {
  assert.equal(defaultDataDir({ KILN_DATA_DIR: '/data', XDG_CACHE_HOME: '/cache' }), '/data');
  assert.equal(defaultDataDir({ XDG_CACHE_HOME: '/cache' }), join('/cache', 'kiln'));
  assert.match(defaultDataDir({}), /\.cache[/\\]kiln$/);
});
