import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batch, openBatches } from '../../data/batches.js';
import { tutorialDistortions } from '../../data/distortions.js';
import { openShapes } from '../../data/shapes.js';

test('any number of readers, however far ahead, prepares the same bytes', async () => {
  const split = (await openShapes({ train: 50, validation: 0, test: 0 })).split('train');
  const take = async (readers: number, prefetch: number, seed = 5): Promise<Batch[]> => {
    const stream = openBatches({
      split,
      batch: 16,
      seed,
      distortions: tutorialDistortions,
      readers,
      prefetch,
    });
    const batches: Batch[] = [];
    for (let step = 0; step < 8; step++) batches.push(await stream.next());
    await stream.close();
    return batches;
  };
  const here = await take(0, 1);
  assert.equal(here[0]!.images.length, 16 * 3 * 24 * 24);
  for (const [readers, prefetch] of [
    [1, 1],
    [2, 7],
    [3, 2],
  ] as const) {
    assert.deepEqual(await take(readers, prefetch), here, `${readers} readers, ${prefetch} ahead`);
  }
  assert.notDeepEqual(await take(0, 1, 6), here, 'control: another seed prepares other bytes');
});

test('calls of next need not wait for one another', async () => {
  const split = (await openShapes({ train: 50, validation: 0, test: 0 })).split('train');
  const stream = openBatches({ split, batch: 4, seed: 0, distortions: tutorialDistortions, readers: 2 });
  const batches = await Promise.all(Array.from({ length: 12 }, () => stream.next()));
  assert.deepEqual(
    batches.map((batch) => batch.step),
    Array.from({ length: 12 }, (_, step) => step),
  );
  assert.ok(stream.waitedMs > 0);
  await stream.close();
});
