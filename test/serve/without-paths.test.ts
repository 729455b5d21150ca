import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutPaths } from '../../serve/without-paths.js';

const told = (text: string): string =>
  withoutPaths(
    { code: 'PART_INVALID', message: '', expected: text, received: '' },
    { '/home/ann/my runs': 'the runs folder' },
  ).expected;

test('a path loses its folders; a word with a slash, an address and a fraction stay', () => {
  assert.equal(told('a run in /home/ann/my runs'), 'a run in the runs folder');
  assert.equal(told('/home/ann/nets/mine.ts to give a network'), 'mine.ts to give a network');
  assert.equal(told("ENOENT, open '/home/ann/x/y.ts'"), "ENOENT, open 'y.ts'");
  assert.equal(told('C:\\Users\\ann\\mine.ts, \\\\share\\ann\\b.ts'), 'mine.ts, b.ts');
  for (const text of ['images/s and 3/4', 'https://example.com/a/b', 'conv1/weights [8, 3]'])
    assert.equal(told(text), text);
});
