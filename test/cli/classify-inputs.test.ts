import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { picturesAt } from '../../cli/classify-inputs.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { png } from '../serve/pictures.js';

test('a folder and a pattern stand for their files in natural order, a name for itself', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  await mkdir(at('a [1]'));
  for (const name of ['p10.png', 'p2.png', '.hidden.png', 'notes.txt', 'a [1]/p1.png']) {
    await writeFile(at(name), name.endsWith('.txt') ? 'no picture' : await png(1, 4));
  }
  await mkdir(at('empty'));
  const names = async (...paths: string[]) => (await picturesAt(paths.map(at))).map(({ name }) => name);

  assert.deepEqual(await names(''), ['a [1]/p1.png', 'notes.txt', 'p2.png', 'p10.png'].map(at));
  assert.deepEqual(await names('p*.png'), ['p2.png', 'p10.png'].map(at));
  assert.deepEqual(await names('p10.png', 'p2.png', 'none*.png'), ['p10.png', 'p2.png', 'none*.png'].map(at));
  assert.deepEqual(await names('a [1]'), [at('a [1]/p1.png')], 'a folder that is there is no pattern');

  await assert.rejects(names('empty'), { code: 'FILE_NOT_FOUND', received: 'an empty folder' });
  await assert.rejects(picturesAt(['-', 'a.png', '-']), { code: 'OPTION_INVALID' });

  await symlink(folder, at('a [1]/up'));
  assert.ok((await names('')).length < 100, 'a link that leads back up ends somewhere');
});

test('a picture is read when it is asked for; of what is none, only the beginning', async (t) => {
  const folder = await temporaryFolder(t);
  const picture = await png(1, 4);
  await writeFile(join(folder, 'a.png'), 'not yet a picture');
  await writeFile(join(folder, 'b.png'), Buffer.alloc(2 ** 20));
  await writeFile(join(folder, 'c.png'), 'GIF89a');
  const [a, b, c] = await picturesAt([folder]);
  await writeFile(join(folder, 'a.png'), picture);
  assert.deepEqual(await a!.read(), picture);
  await assert.rejects(b!.read(), {
    code: 'UNSUPPORTED_IMAGE',
    received: 'a file that begins with 0000000000000000',
  });
  await assert.rejects(c!.read(), { code: 'UNSUPPORTED_IMAGE', received: 'gif' });
  const [none] = await picturesAt([join(folder, 'none.png')]);
  await assert.rejects(none!.read(), { code: 'FILE_NOT_FOUND' });
});
