import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { openShapes } from '../../data/shapes.js';
import type { EvaluationView } from '../../serve/evaluations/views.js';
import { zipOf } from '../fixtures/archives.js';
import { tinyModel } from '../fixtures/model.js';
import { browserTest, namelessParts, sharedVisit, type Visit } from './chromium.js';

const { labels } = await openShapes({ train: 10, validation: 10, test: 10 });
const folder = await mkdtemp(join(tmpdir(), 'kiln-'));
after(() => rm(folder, { recursive: true, force: true }));
await writeFile(join(folder, 'shapes.onnx'), tinyModel({ name: 'shapes', labels }));
await writeFile(join(folder, 'twin.onnx'), tinyModel({ name: 'twin', labels }));

const visit = sharedVisit({
  serve: { models: folder, dataDir: folder },
  view: { address: '#/evaluate', ready: '#past td' },
});

const cells = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allTextContents();

/** What the service says of the evaluation that the address names. */
async function told({ page, url }: Visit): Promise<EvaluationView> {
  const id = new URL(page.url()).hash.split('/').at(-1);
  return (await fetch(new URL(`evaluations/${id}`, url))).json();
}

async function order(page: Page, source: string, limit = ''): Promise<void> {
  await page.getByRole('combobox', { name: 'Pictures' }).selectOption(source);
  await page.getByLabel('How many').fill(limit);
  await page.getByRole('button', { name: 'Start' }).click();
}

/** A picture over and over, under each label in turn. */
async function chooseArchive(page: Page, name: string, count: number): Promise<void> {
  const content = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#357' } })
    .png()
    .toBuffer();
  const entries = Array.from({ length: count }, (_, index) => ({
    name: `${labels[index % labels.length]}/${index}.png`,
    content,
  }));
  await page.getByRole('combobox', { name: 'Pictures' }).selectOption('An archive of mine');
  await page.locator('input[type=file][name=file]').setInputFiles({
    name,
    mimeType: 'application/zip',
    buffer: zipOf(entries),
  });
  await page.getByLabel('How many').fill('');
}

browserTest('an evaluation is started, and shown as the service tells it', async () => {
  const here = await visit();
  const { page, complaints } = here;
  await order(page, 'Shapes, drawn on the spot', '100');
  await page.locator('#confusion').waitFor();
  const view = await told(here);
  assert.ok(view.status === 'done');
  const { precisionAt1, count, perClass, confusion } = view.result;
  assert.equal(count, 100);
  const share = `${(100 * precisionAt1).toFixed(1)} %`;
  assert.match(
    (await page.locator('#evaluation .figure-line').textContent()) ?? '',
    new RegExp(`^${share} `),
  );
  assert.deepEqual(await cells(page, '#classes tbody th'), labels);
  assert.deepEqual(
    (await cells(page, '#classes tbody td:nth-child(3)')).map(Number),
    perClass.map(({ correct }) => correct),
  );
  const shown = await cells(page, '#confusion tbody td');
  assert.deepEqual(
    shown.map((text) => (text === '·' ? 0 : Number(text))),
    confusion.flat(),
  );
  assert.ok(
    confusion.flat().some((cell) => cell > 0),
    'the control: not everything is zero',
  );
  assert.deepEqual(await namelessParts(page), []);
  assert.deepEqual(complaints, []);
});

browserTest('an evaluation that runs shows how far it is, and is cancelled', async () => {
  const { page } = await visit();
  const model = page.getByRole('combobox', { name: 'Model' });
  await model.selectOption('twin, version 1');
  await chooseArchive(page, 'many.zip', 3000);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.locator('#evaluation').getByText('Running…').waitFor();
  assert.match((await page.locator('.running').textContent()) ?? '', /of 3,000 pictures/);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('It was cancelled.').waitFor();
  await page.getByRole('row', { name: /many.zip twin, version 1 .* cancelled/ }).waitFor();
  await model.selectOption('shapes, version 1');
});

browserTest('an archive from here is evaluated, and two evaluations of it are compared', async () => {
  const { page } = await visit();
  await chooseArchive(page, 'mine.zip', 3);
  for (const nth of [1, 2]) {
    await page.getByRole('button', { name: 'Start' }).click();
    await page
      .getByText(/of 3 pictures$/)
      .and(page.locator('[role=status]'))
      .waitFor();
    await page.waitForFunction(
      (expected) => document.querySelectorAll('#past tbody input:enabled').length === expected,
      nth + 1,
    );
  }
  const mine = page.getByRole('checkbox', { name: /^Compare mine\.zip/ });
  const compare = page.getByRole('button', { name: 'Compare two' });
  await mine.nth(0).check();
  assert.ok(await compare.isDisabled());
  await mine.nth(1).check();
  await compare.click();
  await page.getByRole('heading', { name: 'shapes, version 1 held against shapes, version 1' }).waitFor();
  assert.match((await page.locator('#evaluation').textContent()) ?? '', /0\.0 points .* on mine\.zip/);
  assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('aria-labelledby')),
    'comparison-title',
  );
});

browserTest('an older evaluation is opened from the list, and its table is downloaded', async () => {
  const { page } = await visit();
  await page
    .getByRole('row', { name: /shapes, version 1/ })
    .getByRole('link', { name: 'shapes test' })
    .click();
  await page.locator('#confusion').waitFor();
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'These tables as CSV' }).click();
  const table = await readFile(await (await coming).path(), 'utf8');
  assert.ok(table.startsWith('label,'), table.slice(0, 80));
});

browserTest('a cell opens its pictures by keyboard, page after page, and Escape leads back', async () => {
  const here = await visit();
  const { page, complaints } = here;
  await order(page, 'Shapes, drawn on the spot', '400');
  await page
    .locator('[role=status]')
    .getByText(/of 400 pictures$/)
    .waitFor();
  const view = await told(here);
  assert.ok(view.status === 'done');
  const { confusion } = view.result;
  const [count, row, column] = confusion
    .flatMap((counts, row) => counts.map((count, column) => [count, row, column] as const))
    .filter(([, row, column]) => row !== column)
    .reduce((most, one) => (one[0] > most[0] ? one : most));
  assert.ok(count > 24, 'the control: there is a second page');
  const name = `${labels[row]} taken for ${labels[column]}: ${count} pictures`;
  const cell = page.getByRole('button', { name, exact: true });
  const neighbours = confusion[row]!.filter((_, place) => place < column).filter((one) => one > 0).length;
  await page
    .locator(`#confusion tbody tr:nth-child(${row + 1}) button`)
    .first()
    .focus();
  for (let step = 0; step < neighbours; step += 1) await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), name);
  assert.equal(await page.locator('#confusion button[tabindex="0"]').count(), 1);

  await page.keyboard.press('Enter');
  const panel = page.getByRole('region', { name });
  const tiles = panel.getByRole('listitem');
  await panel.getByText(`24 of ${count}`).waitFor();
  assert.ok(page.url().endsWith(`/cell/${labels[row]}/${labels[column]}`));
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'cell');
  await panel.getByRole('button', { name: 'More' }).click();
  await panel.getByText(`${Math.min(48, count)} of ${count}`).waitFor();
  assert.equal(await tiles.count(), Math.min(48, count));
  await page.waitForFunction(
    () => document.querySelector<HTMLImageElement>('#cell img')!.naturalWidth === 32,
  );
  const orders = panel.getByRole('combobox', { name: 'Order' });
  await orders.focus();
  await orders.selectOption('as the data has them');
  await panel.getByText(`24 of ${count}`).waitFor();
  const indices = (await tiles.locator('.name').allTextContents()).map((text) => Number(text.split(' ')[1]));
  assert.deepEqual(
    indices,
    indices.toSorted((a, b) => a - b),
  );
  assert.deepEqual(await namelessParts(page), []);

  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  assert.ok(await cell.evaluate((button) => button === document.activeElement));
  assert.ok(!page.url().includes('/cell/'));
  assert.deepEqual(complaints, []);
});

browserTest('an address opens a cell; a picture of an archive is taken to be classified', async () => {
  const { page, url } = await visit();
  await chooseArchive(page, 'shown.zip', 3);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('shown.zip by').waitFor();
  const worst = page.getByRole('region', { name: 'Worst mistakes' });
  const picture = worst.getByRole('button').first();
  const [, file = '', label = '', answer = ''] =
    /^Classify (.*), (\S+) taken for (\S+) with/.exec((await picture.getAttribute('aria-label')) ?? '') ?? [];
  assert.match(file, new RegExp(`^${label}/\\d\\.png$`));
  const hash = `${new URL(page.url()).hash}/cell/${label}/${answer}`;
  await page.goto(url);
  await page.goto(url + hash);
  await page
    .locator('#cell')
    .getByRole('button', { name: `Classify ${file}` })
    .click();
  await page.locator('#picture-caption').getByText(file.split('/')[1]!).waitFor();
  await page.goto(`${url}#/evaluate`);
  await page.locator('#past td').first().waitFor();
});

browserTest('a refusal is told in the words of the service, and the form stays as it is', async () => {
  const { page, complaints } = await visit();
  await order(page, 'SVHN', '7');
  const alert = page.locator('form.order [role=alert] .problem');
  await alert.waitFor();
  assert.equal(await alert.getAttribute('data-code'), 'DATASET_NOT_FOUND');
  assert.equal(await page.getByLabel('How many').inputValue(), '7');
  assert.equal(complaints.splice(0).length, 1); // the browser's own word on the 404
});

browserTest('tables that are too wide for a phone scroll by themselves', async () => {
  const { page } = await visit();
  await page.setViewportSize({ width: 320, height: 800 });
  await page
    .getByRole('row', { name: /shapes, version 1/ })
    .getByRole('link', { name: 'shapes test' })
    .first()
    .click();
  await page.locator('#confusion').waitFor();
  const overflow = (selector: string) =>
    page.evaluate((name) => {
      const { scrollWidth, clientWidth } = document.querySelector(name)!;
      return scrollWidth - clientWidth;
    }, selector);
  assert.ok((await overflow('html')) <= 0);
  assert.ok((await overflow('.wide:has(#confusion)')) > 0);
});
