import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeApiKey } from '../../serve/access/api-key-file.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { InstantPool } from './hand-run-pool.js';
import { png } from './pictures.js';
import { openAppOn, refusalOf } from './serving.js';

const friend = 'https://friend.example';
const stranger = 'https://stranger.example';

test('pages of a named site may post and read the answer, those of others may not', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { corsOrigins: [friend] });
  const payload = await png(1);
  const post = (origin: string) =>
    app.inject({
      method: 'POST',
      url: '/classify',
      headers: { origin, 'content-type': 'image/png' },
      payload,
    });
  const answered = await post(friend);
  assert.equal(answered.statusCode, 200, answered.body);
  assert.equal(answered.headers['access-control-allow-origin'], friend);
  assert.match(String(answered.headers.vary), /origin/i);
  assert.match(String(answered.headers['access-control-expose-headers']), /x-request-id/);

  const refused = await post(stranger);
  assert.equal(refusalOf(refused).code, 'ORIGIN_REFUSED');
  assert.equal(refused.headers['access-control-allow-origin'], undefined);
  const read = await app.inject({ url: '/model', headers: { origin: stranger } });
  assert.equal(read.headers['access-control-allow-origin'], undefined);
});

test('a preflight is answered without a key, and a refusal can be read', async (t) => {
  const { line } = makeApiKey('alice');
  const apiKeys = join(await temporaryFolder(t), 'keys.txt');
  await writeFile(apiKeys, line);
  const app = await openAppOn(t, new InstantPool(1), { corsOrigins: [friend], apiKeys });
  const preflight = (origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/classify',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const allowed = await preflight(friend);
  assert.equal(allowed.statusCode, 204);
  assert.equal(allowed.headers['access-control-allow-origin'], friend);
  assert.match(String(allowed.headers['access-control-allow-headers']), /authorization/);
  assert.equal((await preflight(stranger)).headers['access-control-allow-origin'], undefined);

  const refused = await app.inject({ method: 'POST', url: '/classify', headers: { origin: friend } });
  assert.equal(refused.statusCode, 401);
  assert.equal(refused.headers['access-control-allow-origin'], friend);
});
