import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter } from '../../data/distortions.js';

const source = { height: 32, width: 28 };

test('a crop or a cutout larger than the picture is refused with both sizes', () => {
  assert.throws(() => createDistorter([{ kind: 'random-crop', height: 24, width: 29 }], source), {
    name: 'RangeError',
    message: 'random-crop needs at most 32×28, got: 24×29',
  });
  assert.throws(
    () =>
      createDistorter(
        [
          { kind: 'centre-crop', height: 24, width: 24 },
          { kind: 'cutout', size: 25 },
        ],
        source,
      ),
    { name: 'RangeError', message: 'cutout needs at most 24×24, got: 25×25' },
  );
});

test('geometry after values is refused, in the right order it is taken', () => {
  const crop = { kind: 'random-crop', height: 24, width: 24 } as const;
  const flip = { kind: 'random-flip' } as const;
  const standardise = { kind: 'standardise' } as const;
  assert.throws(() => createDistorter([crop, standardise, flip], source), {
    name: 'RangeError',
    message: 'random-flip must stand before the distortions that change values',
  });
  const { height, width } = createDistorter([crop, flip, standardise], source);
  assert.deepEqual([height, width], [24, 24]);
});
