import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeApiKey } from '../../serve/access/api-key-file.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { InstantPool } from './hand-run-pool.js';
import { openAppOn, refusalOf } from './serving.js';

test('an address is answered so often a minute, others and probes still are', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { rateLimit: 2 });
  const get = (remoteAddress: string, url = '/model') => app.inject({ url, remoteAddress });
  for (const left of ['1', '0']) {
    const response = await get('192.0.2.1');
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['x-ratelimit-remaining'], left);
  }
  const refused = await get('192.0.2.1', '/statistics');
  assert.equal(refused.statusCode, 429);
  assert.equal(refusalOf(refused).code, 'RATE_LIMITED');
  assert.equal(refusalOf(refused).expected, 'at most 2 requests a minute');
  const wait = Number(refused.headers['retry-after']);
  assert.ok(wait > 0 && wait <= 60, String(wait));
  assert.equal((await get('192.0.2.2')).statusCode, 200);
  for (let i = 0; i < 3; i += 1) assert.equal((await get('192.0.2.1', '/health/ready')).statusCode, 200);
});

test('with keys each has its own count, from whatever address', async (t) => {
  const keys = [makeApiKey('alice'), makeApiKey('bob')] as const;
  const apiKeys = join(await temporaryFolder(t), 'keys.txt');
  await writeFile(apiKeys, keys.map(({ line }) => line).join('\n'));
  const app = await openAppOn(t, new InstantPool(1), { rateLimit: 1, apiKeys });
  const get = async (key: string, remoteAddress: string) =>
    (await app.inject({ url: '/model', remoteAddress, headers: { 'x-api-key': key } })).statusCode;
  assert.equal(await get(keys[0].key, '192.0.2.1'), 200);
  assert.equal(await get(keys[0].key, '192.0.2.2'), 429);
  assert.equal(await get(keys[1].key, '192.0.2.2'), 200);
});

test('a proxy is believed only if it is trusted', async (t) => {
  for (const [trustProxy, status] of [
    [undefined, 429],
    [['192.0.2.9'], 200],
  ] as const) {
    const app = await openAppOn(t, new InstantPool(1), { rateLimit: 1, ...(trustProxy && { trustProxy }) });
    const get = async (client: string) => {
      const headers = { 'x-forwarded-for': client };
      return (await app.inject({ url: '/model', remoteAddress: '192.0.2.9', headers })).statusCode;
    };
    assert.equal(await get('198.51.100.1'), 200);
    assert.equal(await get('198.51.100.2'), status);
  }
});

test('without a limit there is none, and no header of one', async (t) => {
  const app = await openAppOn(t, new InstantPool(1));
  assert.equal((await app.inject('/model')).headers['x-ratelimit-limit'], undefined);
});
