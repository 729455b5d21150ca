import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultArchiveLimits } from '../../data/archive/limits.js';
import { openArchive } from '../../data/archive/open.js';
import { KilnError } from '../../errors/errors.js';
import { tarGzOf, tarOf, zipOf } from '../fixtures/archives.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const labels = ['cat', 'dog'];
const pictures = Array.from({ length: 6 }, (_, index) => ({
  name: `photos/${labels[index % 2]}/${index}.png`,
  content: Buffer.from(`picture ${index} `.repeat(20)),
}));
const asTar = pictures.map(({ name, content }) => ({ path: name, content }));
const whole = { zip: zipOf(pictures), tar: tarOf(asTar), 'tar.gz': tarGzOf(asTar) };

/** The same sequence on every machine, in [0, 2^32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

/** Cuts, flips or overwrites a few bytes. */
function mutate(bytes: Buffer, random: () => number): Buffer {
  const changed = Buffer.from(bytes);
  for (let changes = 1 + (random() >>> 30); changes > 0; changes -= 1) {
    const at = random() % changed.length;
    if (random() < 2 ** 31) changed[at]! ^= 1 << (random() >>> 29);
    else changed[at] = random() >>> 24;
  }
  return random() < 2 ** 29 ? changed.subarray(0, random() % changed.length) : changed;
}

for (const [format, bytes] of Object.entries(whole)) {
  test(`a mutated ${format} ends as a refusal or as pictures, never otherwise`, async (t) => {
    const path = join(await temporaryFolder(t), 'upload');
    const random = randomNumbers(format.length);
    const ends = { refused: 0, read: 0, damaged: 0 };
    for (let round = 0; round < 300; round += 1) {
      await writeFile(path, mutate(bytes, random));
      const file = await open(path);
      try {
        const archive = await openArchive(file, labels, defaultArchiveLimits, AbortSignal.timeout(5_000));
        let count = 0;
        for await (const { content } of archive.pictures()) {
          count += 1;
          if (content.kind === 'damaged') ends.damaged += 1;
        }
        assert.equal(count, archive.count);
        ends.read += 1;
      } catch (error) {
        assert.ok(error instanceof KilnError, String(error));
        assert.match(error.code, /^(ARCHIVE_INVALID|DATASET_MISMATCH)$/);
        assert.ok(!JSON.stringify(error).includes(path), 'a path of this machine');
        ends.refused += 1;
      } finally {
        await file.close();
      }
    }
    assert.ok(ends.refused > 20 && ends.read > 0, `the control: both happened (${JSON.stringify(ends)})`);
  });
}
