import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { startServer } from '../../serve/server.js';
import { tinyModel } from '../fixtures/model.js';
import { browserTest, openPage, pageFolder, readShown, settled } from './chromium.js';
import { openGateway } from './gateway.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-'));
const closing: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of closing.reverse()) await one.close();
  await rm(folder, { recursive: true, force: true });
});

const start = (page: string) =>
  startServer({
    models: tinyModel(),
    port: 0,
    device: 'cpu',
    workers: 1,
    pageFolder: page,
    logLevel: 'silent',
  });

/** The page of another version: as long as this one, and of the same date, as all files of packages are. */
async function nextVersion(): Promise<string> {
  const next = join(folder, 'next');
  await cp(pageFolder, next, { recursive: true, filter: (path) => !path.endsWith('.map') });
  const index = join(next, 'index.html');
  const { atime, mtime } = await stat(join(pageFolder, 'index.html'));
  await writeFile(index, (await readFile(index, 'utf8')).replace('<h1>kiln</h1>', '<h1>oven</h1>'));
  await utimes(index, atime, mtime);
  return next;
}

/** The names of the page's files that are kept, each with what it holds. */
const keptFiles = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const name = (await caches.keys()).find((one) => one.startsWith('onnx-kiln-page'));
    const keys = name === undefined ? [] : await (await caches.open(name)).keys();
    return keys.map(({ url }) => url);
  });

/** A browser before an address at which nothing listens yet. */
async function openVisitor() {
  const gateway = await openGateway('/ml/');
  closing.push(gateway);
  const opened = await openPage({ offline: true });
  closing.push(opened);
  const lead = async (pageFolder: string): Promise<void> => {
    const service = await start(pageFolder);
    closing.push(service);
    await gateway.lead(service.address);
  };
  const ready = () => opened.page.waitForSelector('#model-state[data-state=ready]');
  return { ...opened, gateway, lead, ready };
}

let opened: ReturnType<typeof openVisitor> | undefined;
const visitor = () => (opened ??= openVisitor());

browserTest('after one visit, behind a proxy, the page opens and answers without the service', async () => {
  const { page, complaints, gateway, lead, ready } = await visitor();
  await gateway.lead(undefined);
  await assert.rejects(page.goto(gateway.url), /ERR_CONNECTION_REFUSED/, 'control: nothing was kept before');

  await lead(pageFolder);
  await page.goto(gateway.url);
  await ready();
  const scope = await page.evaluate(() => navigator.serviceWorker.ready.then((worker) => worker.scope));
  assert.equal(scope, gateway.url);
  const files = await keptFiles(page);
  for (const file of ['index.html?', 'page.js?', 'ort/ort-wasm-simd-threaded.wasm?'])
    assert.ok(
      files.some((url) => url.startsWith(gateway.url + file)),
      file,
    );
  const answers = files.filter((url) => /ml\/(models?|file|evaluations|docs)\b/.test(url));
  assert.deepEqual(answers, [], 'what the service answers is not kept');
  assert.equal(await page.locator('#absence').innerText(), '');

  complaints.splice(0);
  await gateway.lead(undefined);
  await page.reload();
  await ready();
  assert.ok(await page.evaluate(() => crossOriginIsolated));
  assert.match(
    await page.locator('#absence').innerText(),
    /^The service is not there\. .* Evaluate and Runs need it\.$/,
  );
  await page.getByRole('button', { name: 'Draw me a sample' }).click();
  await settled(page, 'drawn ship.png');
  const { tab, serviceError } = await readShown(page);
  assert.equal(tab.length, 5);
  assert.equal(serviceError, 'SERVICE_UNREACHABLE');
  await page.goto(`${gateway.url}#/model/conv1`);
  await page.waitForSelector('#maps-conv1');
  assert.match((await page.locator('#view-model dl').textContent()) ?? '', /kept from an earlier visit/);
  await page.goto(`${gateway.url}#/teach`);
  await page.locator('#view-teach h2').first().waitFor();
  assert.equal(await page.locator('#view-teach .problem').count(), 0);
  for (const view of ['evaluate', 'runs']) {
    await page.goto(`${gateway.url}#/${view}`);
    await page
      .locator(`#view-${view}`)
      .getByText('The service cannot be reached from here.')
      .first()
      .waitFor();
  }
  assert.ok(complaints.splice(0).every((text) => /ERR_CONNECTION_REFUSED/.test(text)));
});

browserTest('another version of the page takes the place of the kept one', async () => {
  const { page, gateway, lead, ready } = await visitor();
  const before = await keptFiles(page);
  await lead(await nextVersion());
  await page.goto(gateway.url);
  assert.equal(await page.locator('h1').innerText(), 'oven', 'at once where the service is there');
  const isReplaced = async (): Promise<boolean> => {
    const indexes = (await keptFiles(page)).filter((url) => url.includes('index.html'));
    return indexes.length === 1 && !before.includes(indexes[0]!);
  };
  while (!(await isReplaced())) await setTimeout(50);
  assert.equal((await keptFiles(page)).length, before.length);
  await gateway.lead(undefined);
  await page.reload();
  await ready();
  assert.equal(await page.locator('h1').innerText(), 'oven', 'and then without the service too');
});
