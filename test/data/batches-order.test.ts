import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBatches } from '../../data/batches.js';
import { permutation } from '../../data/random.js';
import { numberedSplit } from '../fixtures/numbered-split.js';

test('step k holds positions k·batch … of the endless sequence of epochs, and straddles their ends', async () => {
  const split = numberedSplit(10);
  const stream = openBatches({ split, batch: 4, seed: 3, distortions: [], readers: 0 });
  const sequence = [0, 1, 2].flatMap((epoch) => [...permutation(3, epoch, 10)]);
  const epochs: number[] = [];
  for (let step = 0; step < 7; step++) {
    const batch = await stream.next();
    const expected = sequence.slice(step * 4, step * 4 + 4);
    assert.equal(batch.step, step);
    assert.deepEqual([...batch.labels], expected);
    // Every value of a numbered picture is its number.
    assert.deepEqual(
      [...batch.images],
      expected.flatMap((n) => [n, n, n]),
    );
    epochs.push(batch.epoch);
  }
  assert.deepEqual(epochs, [0, 0, 0, 1, 1, 2, 2]);
  await stream.close();
});

test('a batch larger than the split goes through several epochs', async () => {
  const stream = openBatches({ split: numberedSplit(3), batch: 8, seed: 0, distortions: [], readers: 0 });
  const { labels } = await stream.next();
  const sequence = [0, 1, 2].flatMap((epoch) => [...permutation(0, epoch, 3)]);
  assert.deepEqual([...labels], sequence.slice(0, 8));
  await stream.close();
});

test('a stream from step 5 gives what a stream from step 0 gives from there on', async () => {
  const options = { split: numberedSplit(10), batch: 4, seed: 8, distortions: [], readers: 0 };
  const whole = openBatches(options);
  for (let step = 0; step < 5; step++) await whole.next();
  const resumed = openBatches({ ...options, firstStep: 5 });
  for (let step = 5; step < 10; step++) assert.deepEqual(await resumed.next(), await whole.next());
  await Promise.all([whole.close(), resumed.close()]);
});
