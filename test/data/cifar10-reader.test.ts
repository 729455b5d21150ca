import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCifar10 } from '../../data/cifar10.js';
import { batchFiles, recordBytes, tinyLayout, writeTinyCifar10 } from '../fixtures/cifar10.js';
import { cifar10Labels } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

test('every pixel of every record arrives as interleaved RGB, in the order of the files', async (t) => {
  const folder = await writeTinyCifar10(await temporaryFolder(t));
  const dataset = await openCifar10(folder, tinyLayout);
  const files = await Promise.all(batchFiles.map((file) => readFile(join(folder, file))));

  assert.deepEqual(dataset.labels, cifar10Labels);
  const seen = [dataset.split('train+validation'), dataset.split('test')].map((split) =>
    split.read(Array.from({ length: split.count }, (_, i) => i)),
  );
  const images = Buffer.concat(seen.map((examples) => examples.images));
  const labels = seen.flatMap((examples) => [...examples.labels]);

  const { recordsPerFile } = tinyLayout;
  for (const [index, label] of labels.entries()) {
    const file = files[Math.floor(index / recordsPerFile)]!;
    const record = file.subarray((index % recordsPerFile) * recordBytes).subarray(0, recordBytes);
    assert.equal(label, record[0]);
    const expected = Buffer.alloc(3072);
    for (const channel of [0, 1, 2]) {
      for (let pixel = 0; pixel < 1024; pixel++) {
        expected[pixel * 3 + channel] = record[1 + channel * 1024 + pixel]!;
      }
    }
    const image = images.subarray(index * 3072, (index + 1) * 3072);
    assert.ok(image.equals(expected), `picture ${index} differs`);
    assert.ok(!image.equals(record.subarray(1)), 'control: planes are not mistaken for pixels');
  }
});

test('the digest is sha256 over all records in file order', async (t) => {
  const folder = await writeTinyCifar10(await temporaryFolder(t));
  const files = await Promise.all(batchFiles.map((file) => readFile(join(folder, file))));
  const { digest } = await openCifar10(folder, tinyLayout);
  assert.equal(digest, createHash('sha256').update(Buffer.concat(files)).digest('hex'));
});

test('reading an index outside the split is a RangeError that names the range', async (t) => {
  const folder = await writeTinyCifar10(await temporaryFolder(t));
  const split = (await openCifar10(folder, tinyLayout)).split('test');
  for (const index of [-1, 20, 0.5]) {
    assert.throws(() => split.read([0, index]), {
      name: 'RangeError',
      message: `an example's index must be an integer in [0, 20), got: ${index}`,
    });
  }
});
