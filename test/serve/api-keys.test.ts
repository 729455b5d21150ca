import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiKeyFile, makeApiKey } from '../../serve/access/api-key-file.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { InstantPool } from './hand-run-pool.js';
import { openAppOn, refusalOf } from './serving.js';

const alice = makeApiKey('alice');
const bob = makeApiKey('bob');

test('a request needs a key of the file; probes and the page do not', async (t) => {
  const folder = await temporaryFolder(t);
  const apiKeys = join(folder, 'keys.txt');
  await writeFile(apiKeys, `# who may ask\n\n${alice.line} # since May\n${bob.line}\n`);
  const pageFolder = join(folder, 'page');
  await mkdir(pageFolder);
  await writeFile(join(pageFolder, 'index.html'), 'page');
  const app = await openAppOn(t, new InstantPool(1), { apiKeys, pageFolder });
  const get = (headers: Record<string, string>, url = '/model') => app.inject({ url, headers });

  for (const headers of [{}, { authorization: 'Basic YTpi' }, { 'x-api-key': '' }]) {
    const missing = await get(headers as Record<string, string>);
    assert.equal(missing.statusCode, 401);
    assert.equal(missing.headers['www-authenticate'], 'Bearer realm="kiln"');
    assert.equal(refusalOf(missing).code, 'API_KEY_MISSING');
  }
  const [name, hash] = alice.line.split(':') as [string, string];
  for (const wrong of [makeApiKey('alice').key, hash, name, alice.line, `${alice.key}x`]) {
    const refused = await get({ authorization: `Bearer ${wrong}` });
    assert.equal(refused.statusCode, 403);
    assert.equal(refusalOf(refused).code, 'API_KEY_REFUSED');
    assert.ok(!refused.body.includes(wrong), 'what was sent is not repeated');
  }
  for (const headers of [
    { authorization: `Bearer ${alice.key}` },
    { authorization: `bearer ${bob.key}` },
    { 'x-api-key': bob.key },
  ]) {
    assert.equal((await get(headers as Record<string, string>)).statusCode, 200);
  }
  for (const open of ['/health/live', '/health/ready', '/'])
    assert.equal((await get({}, open)).statusCode, 200);
  for (const closed of ['/statistics', '/docs/', '/nowhere'])
    assert.equal((await get({}, closed)).statusCode, 401);
});

test('a changed file counts, a broken one leaves the keys as they were', { timeout: 10_000 }, async (t) => {
  const path = join(await temporaryFolder(t), 'keys.txt');
  await writeFile(path, alice.line);
  const keys = await ApiKeyFile.open(path);
  t.after(() => keys.close());
  const failures: unknown[] = [];
  keys.watch((error) => failures.push(error), 10);
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  assert.equal(keys.nameOf(bob.key), undefined);
  await appendFile(path, `\n${bob.line}\n`);
  await until(() => keys.nameOf(bob.key) === 'bob');
  await writeFile(path, 'nonsense\n');
  await until(() => failures.length > 0);
  assert.deepEqual([keys.nameOf(alice.key), keys.nameOf(bob.key)], ['alice', 'bob']);
  await writeFile(path, `${bob.line}\n`);
  await until(() => keys.nameOf(alice.key) === undefined);
  assert.equal(keys.nameOf(bob.key), 'bob');
});

test('a file that is not one of keys is refused at start, without repeating it', async (t) => {
  const apiKeys = join(await temporaryFolder(t), 'keys.txt');
  await assert.rejects(openAppOn(t, new InstantPool(1), { apiKeys }), { code: 'FILE_NOT_FOUND' });
  await writeFile(apiKeys, `${alice.line}\nbob:${bob.key}\n`);
  await assert.rejects(openAppOn(t, new InstantPool(1), { apiKeys }), {
    code: 'OPTION_INVALID',
    expected: 'apiKeys: lines of name:sha256, the hash in 64 hexadecimal digits',
    received: `line 2 of ${apiKeys}`,
  });
});

test('names that would not fit into a line are refused', () => {
  for (const name of ['', 'a:b', 'a b', 'a#b', 'ä', 'x'.repeat(65)]) {
    assert.throws(() => makeApiKey(name), { code: 'OPTION_INVALID', received: name });
  }
});
