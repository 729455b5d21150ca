import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { HandRunPool } from './hand-run-pool.js';
import { openAppOn, refusalOf } from './serving.js';

test('the page is served isolated and under a strict policy', async (t) => {
  const pageFolder = await temporaryFolder(t);
  await writeFile(join(pageFolder, 'index.html'), '<title>kiln</title>');
  await mkdir(join(pageFolder, 'assets'));
  await writeFile(join(pageFolder, 'assets', 'ort.wasm'), 'wasm');
  const app = await openAppOn(t, new HandRunPool(1), { pageFolder });
  const page = await app.inject('/');
  assert.equal(page.body, '<title>kiln</title>');
  assert.match(String(page.headers['content-type']), /^text\/html/);
  const wasm = await app.inject('/assets/ort.wasm');
  assert.equal(wasm.headers['content-type'], 'application/wasm');
  for (const { headers } of [page, wasm]) {
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-embedder-policy'], 'require-corp');
    const policy = String(headers['content-security-policy']);
    for (const directive of [
      "default-src 'self'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "worker-src 'self'",
      "connect-src 'self'",
      "img-src 'self' blob: data:",
      "style-src 'self'",
    ]) {
      assert.ok(policy.split(';').includes(directive), `${directive} in ${policy}`);
    }
  }
});

test('nothing outside the folder is served', async (t) => {
  const folder = await temporaryFolder(t);
  const pageFolder = join(folder, 'page');
  await mkdir(pageFolder);
  await writeFile(join(pageFolder, 'index.html'), 'page');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  const app = await openAppOn(t, new HandRunPool(1), { pageFolder });
  for (const url of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/nowhere.js']) {
    const response = await app.inject(url);
    assert.equal(response.statusCode, 404, url);
    assert.equal(refusalOf(response).code, 'ROUTE_NOT_FOUND');
  }
});

test('a folder without a page is refused at start', async (t) => {
  const pageFolder = await temporaryFolder(t);
  await assert.rejects(openAppOn(t, new HandRunPool(1), { pageFolder }), {
    code: 'PAGE_NOT_FOUND',
    expected: `index.html in ${pageFolder}`,
  });
});

test('the page’s headers are its own: an answer has stricter ones', async (t) => {
  const pageFolder = await temporaryFolder(t);
  await writeFile(join(pageFolder, 'index.html'), 'page');
  const app = await openAppOn(t, new HandRunPool(1), { pageFolder });
  const { headers } = await app.inject('/model');
  assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
  assert.equal(headers['cross-origin-embedder-policy'], undefined);
  const docs = await app.inject('/docs/');
  assert.match(String(docs.headers['content-security-policy']), /script-src 'self'/);
  assert.doesNotMatch(String(docs.headers['content-security-policy']), /upgrade-insecure-requests|validator/);
});
