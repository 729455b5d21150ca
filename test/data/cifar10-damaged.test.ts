import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCifar10 } from '../../data/cifar10.js';
import { KilnError } from '../../errors/errors.js';
import { recordBytes, tinyBatch, tinyLayout, writeTinyCifar10 } from '../fixtures/cifar10.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const whole = tinyBatch(2);
const mislabelled = whole.slice();
mislabelled[3 * recordBytes] = 10;

const cases = [
  {
    name: 'a file that is cut within a record',
    file: 'data_batch_3.bin',
    bytes: whole.subarray(0, 19 * recordBytes + 5),
    received: '58392 bytes: record 19 at offset 58387 is cut or missing',
  },
  {
    name: 'a file that lacks a whole record',
    file: 'test_batch.bin',
    bytes: whole.subarray(0, 19 * recordBytes),
    received: '58387 bytes: record 19 at offset 58387 is cut or missing',
  },
  {
    name: 'an empty file',
    file: 'data_batch_1.bin',
    bytes: new Uint8Array(),
    received: '0 bytes: record 0 at offset 0 is cut or missing',
  },
  {
    name: 'a file that is one byte too long',
    file: 'data_batch_5.bin',
    bytes: Buffer.concat([whole, Buffer.of(0)]),
    received: '61461 bytes: 1 too many from offset 61460 on',
  },
  {
    name: 'a label above 9',
    file: 'data_batch_2.bin',
    bytes: mislabelled,
    received: '61460 bytes: label 10 at offset 9219',
  },
  {
    name: 'a list of nine labels',
    file: 'batches.meta.txt',
    bytes: Buffer.from('a\nb\nc\nd\ne\nf\ng\nh\ni\n'),
    received: '9 names',
  },
];

for (const { name, file, bytes, received } of cases) {
  test(`${name} is refused by name, size and offset`, async (t) => {
    const folder = await writeTinyCifar10(await temporaryFolder(t));
    await openCifar10(folder, tinyLayout); // control: undamaged, it opens
    await writeFile(join(folder, file), bytes);
    await assert.rejects(openCifar10(folder, tinyLayout), (error) => {
      assert.ok(error instanceof KilnError);
      assert.equal(error.code, 'DATASET_CORRUPT');
      assert.equal(error.message, `The file ${file} of CIFAR-10 is damaged.`);
      assert.equal(error.received, received);
      return true;
    });
  });
}

test('training files without enough pictures of a class are refused', async (t) => {
  const folder = await writeTinyCifar10(await temporaryFolder(t));
  for (let n = 1; n <= 5; n++) {
    const batch = tinyBatch(n);
    for (let at = 0; at < batch.length; at += recordBytes) if (batch[at] === 4) batch[at] = 5;
    await writeFile(join(folder, `data_batch_${n}.bin`), batch);
  }
  await assert.rejects(openCifar10(folder, tinyLayout), {
    name: 'KilnError',
    code: 'DATASET_CORRUPT',
    received: '0 pictures with label 4',
  });
});
