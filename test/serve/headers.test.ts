import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { InstantPool } from './hand-run-pool.js';
import { png } from './pictures.js';
import { openAppOn } from './serving.js';

test('every answer says that it is data, of its own type, for no frame and no other site', async (t) => {
  const pageFolder = await temporaryFolder(t);
  await writeFile(join(pageFolder, 'index.html'), 'page');
  const app = await openAppOn(t, new InstantPool(1), { pageFolder });
  const picture = { headers: { 'content-type': 'image/png' }, payload: await png(1) };
  for (const [status, request] of [
    [200, { url: '/model' }],
    [200, { method: 'POST', url: '/classify', ...picture }],
    [400, { method: 'POST', url: '/classify?top=0', ...picture }],
    [400, { url: '/%' }],
    [404, { url: '/nowhere' }],
    [200, { url: '/docs/' }],
    [200, { url: '/' }],
  ] as const) {
    const { headers, statusCode } = await app.inject(request);
    assert.equal(statusCode, status, request.url);
    assert.equal(headers['x-content-type-options'], 'nosniff', request.url);
    assert.equal(headers['x-frame-options'], 'DENY', request.url);
    assert.equal(headers['referrer-policy'], 'no-referrer', request.url);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', request.url);
    const isPage = request.url === '/' || request.url === '/docs/';
    const policy = isPage ? /default-src 'self'/ : /^default-src 'none'; frame-ancestors 'none'$/;
    assert.match(String(headers['content-security-policy']), policy, request.url);
    assert.equal(headers['strict-transport-security'], undefined, 'only where TLS is spoken');
  }
});
