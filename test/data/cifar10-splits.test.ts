import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCifar10 } from '../../data/cifar10.js';
import type { Dataset, SplitName } from '../../data/dataset.js';
import { tinyLayout, writeTinyCifar10 } from '../fixtures/cifar10.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const rowsOf = (dataset: Dataset, name: SplitName) => [...dataset.split(name).share().rows];

test('train and validation share no example, and together are all training files', async (t) => {
  const folder = await writeTinyCifar10(await temporaryFolder(t));
  const dataset = await openCifar10(folder, tinyLayout);
  const train = rowsOf(dataset, 'train');
  const validation = rowsOf(dataset, 'validation');
  assert.equal(train.length, 80);
  assert.equal(validation.length, 20);
  const both = [...train, ...validation].sort((a, b) => a - b);
  assert.deepEqual(both, rowsOf(dataset, 'train+validation'));
  assert.deepEqual(
    both,
    Array.from({ length: 100 }, (_, i) => i),
  );
  assert.deepEqual(
    rowsOf(dataset, 'test'),
    Array.from({ length: 20 }, (_, i) => 100 + i),
  );
});

test('validation holds the same number of each class, and the same pictures each time', async (t) => {
  const folder = await writeTinyCifar10(await temporaryFolder(t));
  const dataset = await openCifar10(folder, tinyLayout);
  const { count, read } = dataset.split('validation');
  const { labels } = read(Array.from({ length: count }, (_, i) => i));
  assert.deepEqual(
    [...labels].sort(),
    Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)),
  );
  const again = await openCifar10(folder, tinyLayout);
  assert.deepEqual(rowsOf(again, 'validation'), rowsOf(dataset, 'validation'));
});
