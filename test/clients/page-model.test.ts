import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { tinyModel } from '../fixtures/model.js';
import { browserTest, namelessParts, sharedVisit } from './chromium.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-'));
after(() => rm(folder, { recursive: true, force: true }));
await writeFile(join(folder, 'first.onnx'), tinyModel({ name: 'first' }));
await writeFile(join(folder, 'second.onnx'), tinyModel({ name: 'second', seed: 1 }));

const visit = sharedVisit({
  serve: { models: folder },
  view: { address: '#/model', ready: '#filters' },
});

browserTest('the card, the layers and the filters are shown, and every part of it has a name', async () => {
  const { page, complaints } = await visit();
  assert.equal(await page.title(), 'Model · kiln');
  const facts = (await page.locator('#view-model dl').textContent()) ?? '';
  for (const fact of ['first, version 1', 'tinycnn, 3,498 parameters', 'not measured', '32 × 32 pixels'])
    assert.ok(facts.includes(fact), `${fact} in ${facts}`);
  assert.equal(await page.locator('#layers tfoot td').textContent(), '3,498');
  const conv1 = page.getByRole('row', { name: /^conv1 / });
  assert.match((await conv1.textContent()) ?? '', /Conv 5×5.*8 × 24 × 24.*weights 8 × 3 × 5 × 5.*608/);
  assert.ok(await page.getByRole('img', { name: '8 filters of 5 by 5 pixels' }).isVisible());
  assert.deepEqual(await namelessParts(page), []);
  assert.deepEqual(complaints, []);
});

browserTest('another model is chosen with the keyboard, for all views', async () => {
  const { page, complaints } = await visit();
  const drawn = () => page.evaluate(() => document.querySelector<HTMLCanvasElement>('#filters')?.toDataURL());
  const before = await drawn();
  await page.getByRole('combobox', { name: 'Model' }).focus();
  await page.keyboard.press('s'); // typed ahead: the option that begins with it
  await page.getByText('second, version 1', { exact: true }).and(page.locator('dd')).waitFor();
  assert.notEqual(await drawn(), before);
  const file = new URL((await page.locator('#model-file').getAttribute('href')) ?? '');
  assert.equal(file.search, '?model=second&version=1');
  await page.getByRole('link', { name: 'Classify' }).click();
  await page.getByRole('button', { name: 'Draw me a sample' }).click();
  await page.waitForSelector('#agreement[data-kind=agree]');
  assert.match((await page.locator('#model dl').textContent()) ?? '', /^Namesecond/);
  await page.locator('#model-select').selectOption('first, version 1'); // asked again, as the other
  await page.getByText('first is ready').waitFor();
  await page.waitForSelector('#agreement[data-kind=agree]');
  assert.match((await page.locator('#model dl').textContent()) ?? '', /^Namefirst/);
  assert.deepEqual(complaints, []);
});
