import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Page } from 'playwright-core';
import { makeApiKey } from '../../serve/access/api-key-file.js';
import { browserTest, namelessParts, sharedVisit } from './chromium.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-'));
after(() => rm(folder, { recursive: true, force: true }));
const visitor = makeApiKey('visitor');
const apiKeys = join(folder, 'keys.txt');
await writeFile(apiKeys, visitor.line);

/** A service that asks for a key. */
const visit = sharedVisit({ serve: { apiKeys }, view: { address: '', ready: '#api-key' } });

const shownViews = (page: Page): Promise<string[]> =>
  page.locator('main > section:not([hidden])').evaluateAll((views) => views.map(({ id }) => id));

browserTest('what is loaded first is under 300 kB before the runtime, and holds no other view', async () => {
  const { page, requested, url } = await visit();
  const views = () => requested.filter((address) => /chunks\/view-/.test(address)).length;
  assert.equal(views(), 1);
  const files = [...new Set(requested), new URL('classifier-worker.js', url).href].filter((address) =>
    /\/$|\.(js|css|svg)$/.test(address),
  );
  const sizes = await Promise.all(
    files.map(async (address) => (await (await fetch(address)).arrayBuffer()).byteLength),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(files.length >= 8, files.join(' '));
  assert.ok(total < 300_000, `${total} bytes`);
  await page.goto(`${url}#/evaluate`);
  await page.locator('form.order').waitFor();
  assert.equal(views(), 2, 'the control: a view that is asked for is seen to come');
  await page.goto(url);
});

browserTest('a service that asks for a key is given one, which stays in the tab', async () => {
  const { page, complaints, requested } = await visit();
  const message = page.locator('#api-key-message[role=alert]');
  assert.equal(await message.textContent(), 'The service asks for an API key.');
  assert.deepEqual(await namelessParts(page), []);
  await page.getByLabel('API key', { exact: true }).fill(makeApiKey('stranger').key);
  await page.keyboard.press('Enter');
  await page.getByText('The service does not know this API key.').waitFor();
  await page.getByLabel('API key', { exact: true }).fill(visitor.key);
  await page.getByRole('button', { name: 'Use this key' }).click();
  await page.waitForSelector('#model-state[data-state=ready]');
  assert.ok(await page.locator('#api-key').isHidden());
  await page.getByRole('button', { name: 'Draw me a sample' }).click();
  await page.waitForSelector('#agreement[data-kind=agree]');
  assert.deepEqual(await page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie]), [
    1,
    0,
    '',
  ]);
  assert.ok(!requested.some((address) => address.includes(visitor.key)));
  assert.ok(complaints.splice(0).every((text) => /status of 40[13]/.test(text)));
});

browserTest('every view has an address and a title, and links take to its beginning', async () => {
  const { page, complaints } = await visit();
  for (const name of ['Evaluate', 'Model', 'Classify']) {
    const link = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name });
    await link.focus();
    await page.keyboard.press('Enter');
    const id = `view-${name.toLowerCase()}`;
    await page.waitForFunction((expected) => document.activeElement?.id === expected, id);
    assert.deepEqual(await shownViews(page), [id]);
    assert.equal(await page.title(), `${name} · kiln`);
    assert.equal(await link.getAttribute('aria-current'), 'page');
    assert.equal(await page.locator('[aria-current=page]').count(), 1);
  }
  await page.goBack();
  await page.waitForFunction(() => document.title === 'Model · kiln');
  assert.deepEqual(await shownViews(page), ['view-model']);
  await page.waitForSelector('#filters'); // read with the key
  assert.deepEqual(complaints, []);
});

browserTest('the table of evaluations is downloaded with the key', async () => {
  const { page, complaints } = await visit();
  await page.getByRole('link', { name: 'Evaluate' }).click();
  await page.getByText('None so far.').waitFor();
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'All as CSV' }).click();
  assert.equal((await coming).suggestedFilename(), 'evaluations.csv');
  assert.deepEqual(complaints, []);
});

browserTest('the control of nameless parts: a button without a name is found', async () => {
  const { page } = await visit();
  await page.evaluate(() => document.querySelector('main')?.append(document.createElement('button')));
  assert.deepEqual(await namelessParts(page), ['button']);
});
