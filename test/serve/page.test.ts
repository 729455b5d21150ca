import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
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
    assert.match(String(headers['permissions-policy']), /^camera=\(self\), .*microphone=\(\)/);
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

test('ONNX Runtime comes from its package, these files of it alone, unless the page brings its own', async (t) => {
  const pageFolder = await temporaryFolder(t);
  await writeFile(join(pageFolder, 'index.html'), 'page');
  const app = await openAppOn(t, new HandRunPool(1), { pageFolder });
  const wasm = await app.inject({ method: 'HEAD', url: '/ort/ort-wasm-simd-threaded.wasm' });
  assert.equal(wasm.statusCode, 200);
  assert.equal(wasm.headers['content-type'], 'application/wasm');
  assert.ok(Number(wasm.headers['content-length']) > 1e6);
  assert.equal(wasm.headers['cross-origin-embedder-policy'], 'require-corp');
  const script = '/ort/ort.wasm.bundle.min.mjs';
  const { headers, body } = await app.inject(script);
  assert.match(String(headers['content-type']), /javascript/);
  assert.match(body, /ort-wasm-simd-threaded\.wasm/);
  for (const url of ['/ort/ort.min.mjs', '/ort/../package.json', '/ort/'])
    assert.equal((await app.inject(url)).statusCode, 404, url);
  await mkdir(join(pageFolder, 'ort'));
  await writeFile(join(pageFolder, script), 'own');
  const other = await openAppOn(t, new HandRunPool(1), { pageFolder });
  assert.equal((await other.inject(script)).body, 'own');
});

test('files are told apart by what they hold, and the service worker is told what that is', async (t) => {
  const listed: string[] = [];
  const etags: string[] = [];
  for (const text of ['one', 'two']) {
    const pageFolder = await temporaryFolder(t);
    await mkdir(join(pageFolder, 'chunks'));
    await writeFile(join(pageFolder, 'chunks', 'view-A1.js'), 'view');
    await writeFile(join(pageFolder, 'service-worker.js'), 'start(pageFiles);');
    await writeFile(join(pageFolder, 'index.html'), text);
    await utimes(join(pageFolder, 'index.html'), 1, 1); // as npm dates the files of every package
    const app = await openAppOn(t, new HandRunPool(1), { pageFolder });
    const { headers } = await app.inject('/');
    assert.equal(headers['cache-control'], 'no-cache');
    etags.push(String(headers.etag));
    const again = await app.inject({ url: '/', headers: { 'if-none-match': String(headers.etag) } });
    assert.deepEqual([again.statusCode, again.body], [304, '']);
    assert.equal(again.headers['cross-origin-embedder-policy'], 'require-corp');
    const chunk = await app.inject('/chunks/view-A1.js');
    assert.equal(chunk.headers['cache-control'], 'public, max-age=31536000, immutable');
    const worker = await app.inject('/service-worker.js');
    assert.equal(worker.headers['cache-control'], 'no-cache');
    assert.equal(worker.headers.etag, undefined); // its list changes where its text does not
    assert.match(String(worker.headers['content-type']), /^text\/javascript/);
    assert.match(worker.body, /\nstart\(pageFiles\);$/);
    const [, list = ''] = /^const pageFiles = (.*);$/m.exec(worker.body) ?? [];
    const integrity = `sha256-${createHash('sha256').update(text).digest('base64')}`;
    assert.equal(JSON.parse(list)['index.html'], integrity);
    assert.deepEqual(Object.keys(JSON.parse(list)).sort(), [
      'chunks/view-A1.js',
      'index.html',
      'ort/ort-wasm-simd-threaded.wasm',
      'ort/ort.wasm.bundle.min.mjs',
    ]);
    listed.push(list);
  }
  assert.notEqual(etags[0], etags[1]);
  assert.notEqual(listed[0], listed[1]);
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
