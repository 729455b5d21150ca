import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBatches } from '../../data/batches.js';
import type { DatasetSplit } from '../../data/dataset.js';
import { numberedSplit } from '../fixtures/numbered-split.js';

/** A split that names a row which its table does not have: composing a batch of it throws. */
function brokenSplit(): DatasetSplit {
  const split = numberedSplit(4);
  return { ...split, share: () => ({ ...split.share(), rows: Uint32Array.of(0, 1, 2, 99) }) };
}

const message = 'row 99 of example 3 is outside a table of 4 rows';

for (const readers of [0, 1, 2]) {
  test(`with ${readers} readers, an error while preparing rejects next and close still ends`, async () => {
    const stream = openBatches({ split: brokenSplit(), batch: 4, seed: 0, distortions: [], readers });
    await assert.rejects(stream.next(), { name: 'RangeError', message });
    await assert.rejects(stream.next(), { name: 'RangeError', message });
    await stream.close();
  });

  test(`with ${readers} readers, closing twice is closing once, and a closed stream gives no batch`, async () => {
    const stream = openBatches({ split: numberedSplit(4), batch: 4, seed: 0, distortions: [], readers });
    await stream.next();
    await Promise.all([stream.close(), stream.close()]);
    await assert.rejects(stream.next(), { message: 'the stream of batches is closed' });
  });
}

test('options out of range are refused with the value that came', () => {
  const options = { split: numberedSplit(4), batch: 4, seed: 0, distortions: [], readers: 0 };
  const refusals = [
    [{ batch: 0, readers: 1 }, 'a batch must hold a positive whole number of examples, got: 0'],
    [{ readers: -1 }, 'readers must be a whole number of at least 0, got: -1'],
    [{ firstStep: 0.5 }, 'firstStep must be a whole number of at least 0, got: 0.5'],
    [{ readers: 1, prefetch: 0 }, 'prefetch must be a whole number of at least 1, got: 0'],
    [{ split: numberedSplit(0) }, 'batches need a split with at least one example, got: 0'],
  ] as const;
  for (const [wrong, expected] of refusals) {
    assert.throws(() => openBatches({ ...options, ...wrong }), { name: 'RangeError', message: expected });
  }
});
