import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDataset } from '../../data/registry.js';
import { realDataDir, withoutRealCifar10 } from '../fixtures/real-cifar10.js';

/** How many examples of each class there are. */
function classCounts(labels: Iterable<number>): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

test('the real CIFAR-10: sizes, classes and disjoint, complete splits', {
  skip: withoutRealCifar10,
}, async () => {
  const dataset = await openDataset({ name: 'cifar10', dataDir: realDataDir });
  assert.equal(dataset.labels.join(' '), 'airplane automobile bird cat deer dog frog horse ship truck');
  const expected = { train: 4_500, validation: 500, 'train+validation': 5_000, test: 1_000 } as const;
  for (const name of ['train', 'validation', 'train+validation', 'test'] as const) {
    const split = dataset.split(name);
    assert.equal(split.count, 10 * expected[name], name);
    const { rows, labels } = split.share();
    const counts = classCounts([...rows].map((row) => labels[row]!));
    assert.deepEqual(counts, new Array(10).fill(expected[name]), name);
  }
  const parts = (['train', 'validation', 'test'] as const).flatMap((name) => [
    ...dataset.split(name).share().rows,
  ]);
  assert.equal(parts.length, 60_000);
  assert.equal(new Set(parts).size, 60_000);
});

test('the real CIFAR-10: channel means are the published ones', { skip: withoutRealCifar10 }, async () => {
  const split = (await openDataset({ name: 'cifar10', dataDir: realDataDir })).split('train+validation');
  const { images } = split.share();
  const sums = [0, 0, 0];
  for (let i = 0; i < split.count * 3072; i++) sums[i % 3]! += images[i]!;
  const means = sums.map((sum) => sum / (split.count * 1024) / 255);
  // Of the 50,000 training images, as training programs everywhere quote them; mixed-up planes would differ.
  const published = [0.4914, 0.4822, 0.4465];
  for (const [channel, mean] of means.entries()) {
    assert.ok(Math.abs(mean - published[channel]!) < 1e-4, `channel ${channel}: ${mean}`);
  }
});
