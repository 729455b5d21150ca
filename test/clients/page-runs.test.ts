import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openModelFile } from '../../runtime/model-file.js';
import { OneLayerRuns } from '../serve/runs/small-runs.js';
import { browserTest, namelessParts, sharedVisit } from './chromium.js';

const trained = await OneLayerRuns.open();
await trained.train({ run: 'before' });
const visit = sharedVisit({ serve: { runs: trained.runs }, view: { address: '#/runs', ready: '#runs td' } });

const plot = (page: Page, title: string) => page.getByRole('slider', { name: title, exact: true });
const panel = (page: Page) => page.locator('#run');

/** Has the page look again at once. */
async function look(page: Page): Promise<void> {
  await page.clock.fastForward(11_000);
}

browserTest('a run is followed while it trains, and what is being read stays where it is', async (t) => {
  const { page, complaints } = await visit();
  await page.clock.install();
  const stop = new AbortController();
  const steps = 1_000_000;
  const training = trained.train({ run: 'now', steps, validateEpochs: 100, signal: stop.signal });
  t.after(async () => {
    stop.abort();
    await training;
  });
  await page.clock.fastForward(6_000);
  await page.getByRole('link', { name: 'now' }).click();
  const loss = plot(page, 'Loss');
  await loss.waitFor();
  assert.equal(await page.locator('#run-title').textContent(), 'now');
  assert.equal(await panel(page).getByText('It is training.').count(), 1);
  const lastStep = async () => Number(await loss.getAttribute('aria-valuemax'));
  await loss.focus();
  await page.keyboard.press('Home');
  const read = await loss.getAttribute('aria-valuetext');
  assert.match(read ?? '', /^step 1: unsmoothed \d/);
  const before = await lastStep();
  for (let looks = 0; (await lastStep()) === before; looks += 1) {
    assert.ok(looks < 100, 'the curve does not grow');
    await look(page);
    await page.waitForTimeout(50);
  }
  assert.equal(await loss.getAttribute('aria-valuetext'), read);
  assert.ok(await loss.evaluate((element) => element === document.activeElement));
  await page.keyboard.press('End');
  assert.notEqual(
    await loss.getAttribute('aria-valuetext'),
    read,
    'the control: another step reads otherwise',
  );

  stop.abort();
  await training;
  await look(page);
  await panel(page).getByText('It was interrupted, and can be resumed.').waitFor();
  assert.deepEqual(complaints, []);
});

browserTest('two runs are drawn over one another, and the numbers are there as a table', async () => {
  const { page, complaints } = await visit();
  assert.equal(await panel(page).getByText('before: smoothed').count(), 0, 'the control');
  await page.getByRole('combobox', { name: 'Beside it' }).selectOption('before');
  await panel(page).getByText('before: smoothed').waitFor();
  assert.match(page.url(), /#\/runs\/now\/before$/);
  const heights = () => page.locator('.chart').first().locator('.axis .y').allTextContents();
  const logarithmic = await heights();
  await page.getByRole('checkbox', { name: 'Loss on a logarithmic scale' }).uncheck();
  assert.notDeepEqual(await heights(), logarithmic);
  await page.getByText('The curves as a table').click();
  const newest = page.locator('#values tbody th').first();
  const last = await plot(page, 'Loss').getAttribute('aria-valuemax');
  assert.equal((await newest.textContent())?.replaceAll(',', ''), last);
  assert.deepEqual(await namelessParts(page), []);
  assert.deepEqual(complaints, []);
});

browserTest('a checkpoint is exported, and a refusal is shown in its own words', async () => {
  const { page, complaints, url } = await visit();
  await page.goto(`${url}#/runs/before`);
  const newest = (await page.locator('#checkpoints tbody th').first().textContent()) ?? '';
  await page.getByRole('combobox', { name: 'Checkpoint' }).selectOption(`step ${newest}`);
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export ONNX' }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), `before-step-${newest}.onnx`);
  const { metadata } = openModelFile(await readFile(await download.path()));
  assert.deepEqual([metadata.training.steps, metadata.training.weights], [Number(newest), 'ema']);

  const checkpoints = join(trained.runs, 'before', 'checkpoints');
  await rename(checkpoints, `${checkpoints}.away`);
  await page.getByRole('button', { name: 'Export ONNX' }).click();
  const problem = page.locator('#run .problem');
  await problem.waitFor();
  assert.equal(await problem.getAttribute('data-code'), 'CHECKPOINT_NOT_FOUND');
  assert.match(complaints.splice(0).join(), /status of 404/);
});

browserTest('a name that is none is told, and a phone shows everything within its width', async () => {
  const { page, url, complaints } = await visit();
  await page.setViewportSize({ width: 360, height: 740 });
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok((await overflow()) <= 0);
  await page.goto(`${url}#/runs/befor`);
  await page.getByText('did you mean before?').waitFor();
  assert.ok((await overflow()) <= 0);
  assert.match(complaints.splice(0).join(), /status of 404/);
});
