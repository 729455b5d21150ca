import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { openModelFile } from '../../runtime/model-file.js';
import { startServer } from '../../serve/server.js';
import { browserTest, namelessParts, sharedVisit } from './chromium.js';
import { type Drawing, drawings } from './drawings.js';

/** Only networks that come with kiln are taught. */
const models = await readFile(new URL('../../../models/cifar10-deepcnn.onnx', import.meta.url));

const visit = sharedVisit({
  serve: { models },
  camera: true,
  permissions: ['camera'],
  view: { address: '#/teach', ready: '.class-card' },
});

const card = (page: Page, nth: number): Locator => page.locator('.class-card').nth(nth);

/** Names the class and gives it the pictures as files. */
async function fill(page: Page, nth: number, name: string, pictures: readonly Drawing[]): Promise<void> {
  await card(page, nth).getByRole('textbox').fill(name);
  await card(page, nth)
    .locator('input[type=file]')
    .setInputFiles([...pictures]);
  await page.getByText(new RegExp(`^${pictures.length} pictures of ${name} added`)).waitFor();
}

async function train(page: Page, layers: RegExp): Promise<void> {
  await page.getByRole('radio', { name: layers }).check();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
}

/** "…% (95 % interval … to …) of N held-out pictures are right" → the share in percent. */
async function shareRight(page: Page): Promise<number> {
  return Number.parseFloat((await page.locator('.lesson .figure-line').textContent()) ?? '');
}

browserTest('classes are taught from files, and what was learned is shown and downloaded', async (t) => {
  const { page, complaints } = await visit();
  const sent: string[] = [];
  page.context().on('request', (request) => {
    if (request.method() !== 'GET' || request.postDataBuffer() !== null) sent.push(request.url());
  });
  const start = page.getByRole('button', { name: 'Train', exact: true });
  assert.ok(await start.isDisabled());
  assert.deepEqual(await namelessParts(page), []);
  await fill(page, 0, 'mug', await drawings('mug', 10));
  await fill(page, 1, 'leaf', await drawings('leaf', 10));
  await page.getByRole('button', { name: 'Another class' }).click();
  await page.keyboard.type('star'); // the name has the focus
  await page.getByText('Still missing: 3 more of star.').waitFor();
  await fill(page, 2, 'star', await drawings('star', 10));

  await train(page, /last layer/);
  await page.locator('.lesson').waitFor();
  const right = await page.locator('.lesson .figure-line').textContent();
  assert.match(right ?? '', /^[\d.]+ % \(95 % interval .* of 6 held-out pictures are right$/);
  assert.ok((await shareRight(page)) > 80, right ?? '');
  assert.match(
    (await page.getByRole('img', { name: /^Held-out pictures right: / }).getAttribute('aria-label')) ?? '',
    / in \d+ epochs$/,
  );
  assert.deepEqual(await namelessParts(page), []);

  const [unseen] = await drawings('star', 1, 99);
  await page.locator('.lesson input[type=file]').setInputFiles([unseen!]);
  await page.getByRole('img', { name: /^The picture: star, / }).waitFor();
  const here = await page
    .locator('.tried data')
    .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLDataElement).value)));

  await page.getByLabel('Name of the file').fill('mine');
  await page.getByText('npx kiln serve mine.onnx').waitFor();
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the ONNX file' }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), 'mine.onnx');
  const bytes = new Uint8Array(await readFile(await download.path()));
  const { name, labels } = openModelFile(bytes).metadata;
  assert.deepEqual([name, ...labels], ['mine', 'mug', 'leaf', 'star']);
  const server = await startServer({ models: bytes, port: 0, device: 'cpu', workers: 1, logLevel: 'silent' });
  t.after(() => server.close());
  const body = new FormData();
  body.append('images', new Blob([Uint8Array.from(unseen!.buffer)]), 'star.png');
  const answer = await (await fetch(new URL('classify', server.address), { method: 'POST', body })).json();
  const served: { index: number; probability: number }[] = answer.results[0].predictions;
  for (const { index, probability } of served) assert.ok(Math.abs(probability - here[index]!) < 1e-3);

  assert.deepEqual(sent, [], 'no request carries anything away');
  await page.evaluate(() => fetch('classify', { method: 'POST', body: 'x' }));
  assert.equal(sent.length, 1, 'the control: one that did would have been seen');
  assert.equal(complaints.splice(0).length, 1); // the browser's own word on its refusal
});

browserTest('classes that hold the same pictures are not told apart', async () => {
  const { page } = await visit();
  for (const nth of [1, 2]) {
    await card(page, nth)
      .getByRole('button', { name: /^Remove .* and its pictures$/ })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep everything' }).click();
  }
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.getByRole('button', { name: 'Delete and start again' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.class-card').length === 2);
  assert.equal(await page.locator('.lesson, .thumbnails button').count(), 0);
  const same = await drawings('mug', 10);
  await fill(page, 0, 'one', same);
  await fill(page, 1, 'other', same);
  await train(page, /last layer/);
  await page.locator('.lesson').waitFor();
  assert.ok((await shareRight(page)) < 80);
});

browserTest('pictures survive a reload, are removed by keyboard, and are gone when asked for', async () => {
  const { page, complaints } = await visit();
  const reload = async (): Promise<void> => {
    page.once('dialog', (dialog) => dialog.accept()); // what was taught is not downloaded, so the browser asks
    await page.reload();
    await page.locator('.class-card').first().waitFor();
  };
  const names = () =>
    page
      .locator('.class-card input[type=text]')
      .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
  const pictures = page.locator('.thumbnails').first().getByRole('button');
  await reload();
  await pictures.nth(9).waitFor();
  assert.deepEqual(await names(), ['one', 'other']);
  await pictures.first().focus();
  for (const key of ['ArrowRight', 'Delete', 'Enter']) await page.keyboard.press(key);
  assert.equal(await pictures.count(), 8);
  assert.ok(await pictures.nth(1).evaluate((button) => button === document.activeElement));
  await page.getByText('8 pictures', { exact: true }).waitFor();
  await reload();
  await pictures.nth(7).waitFor();
  assert.equal(await pictures.count(), 8);
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.getByRole('button', { name: 'Delete and start again' }).click();
  await page.getByText('0 pictures').nth(1).waitFor();
  await reload();
  assert.deepEqual(await names(), ['Class 1', 'Class 2']);
  assert.equal(await pictures.count(), 0);
  assert.deepEqual(complaints, []);
});

browserTest('what is no picture is refused by name, and a drop lands where it is dropped', async () => {
  const { page } = await visit();
  const [mug] = await drawings('mug', 1);
  const marked = await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], 'mug.png', { type: 'image/png' }));
    dataTransfer.items.add(new File(['words'], 'notes.png', { type: 'image/png' }));
    const target = document.querySelectorAll('.class-card')[1]!;
    return ['dragenter', 'dragover', 'drop'].map((kind) => {
      target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
      return target.hasAttribute('data-over');
    });
  }, mug!.buffer.toString('base64'));
  assert.deepEqual(marked, [false, true, false]);
  await page.getByText(/^1 picture of Class 2 added\. notes\.png: /).waitFor();
  assert.equal(await card(page, 1).locator('.thumbnails button').count(), 1);
});

browserTest(
  'the camera is for the class that asks for it, and takes pictures while the button is held',
  async () => {
    const { page } = await visit();
    await card(page, 0).getByRole('button', { name: 'Webcam' }).click();
    const hold = page.getByRole('button', { name: 'Hold to take pictures' });
    await hold.hover();
    await page.mouse.down();
    const pictures = (nth: number): Locator => card(page, nth).locator('.thumbnails button');
    await pictures(0).nth(2).waitFor();
    await page.mouse.up();
    await page.getByText(/pictures of Class 1 taken\.$/).waitFor();
    await card(page, 1).getByRole('button', { name: 'Webcam' }).click();
    await card(page, 1).getByRole('button', { name: 'Hold to take pictures' }).focus();
    assert.equal(await page.locator('video').count(), 1);
    await page.keyboard.down(' ');
    await pictures(1).nth(2).waitFor();
    await page.keyboard.up(' ');
    await page.getByText(/pictures of Class 2 taken\.$/).waitFor();
    const before = await pictures(1).count();
    await hold.evaluate((button: HTMLButtonElement) => button.click()); // as a screen reader does
    await page.getByText('1 picture of Class 2 taken.').waitFor();
    assert.equal(await pictures(1).count(), before + 1);
  },
);

browserTest('all layers are taught until it is cancelled; the camera is classified live', async () => {
  const { page, complaints } = await visit();
  await train(page, /All layers/);
  await page.keyboard.press('Enter'); // the focus is on Cancel
  await page.locator('.spoken', { hasText: 'Training was cancelled.' }).waitFor({ state: 'attached' });
  assert.equal(await page.locator('.lesson').count(), 0);
  await train(page, /last layer/);
  await page.locator('.lesson').waitFor();
  await page.locator('.lesson').getByRole('button', { name: 'Webcam' }).click();
  await page.locator('.lesson .live li').nth(1).waitFor();
  assert.deepEqual(await page.locator('.lesson .live .label').allTextContents(), ['Class 1', 'Class 2']);
  await page.setViewportSize({ width: 320, height: 800 });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
  await page.getByRole('link', { name: 'Classify' }).click();
  assert.equal(await cameraRuns(page), false, 'it stops when the view is left');
  assert.deepEqual(complaints, []);
});

/** Whether any video of the page shows a camera that runs. */
const cameraRuns = (page: Page): Promise<boolean> =>
  page.evaluate(() =>
    [...document.querySelectorAll('video')].some(({ srcObject }) =>
      (srcObject as MediaStream | null)?.getTracks().some(({ readyState }) => readyState === 'live'),
    ),
  );

browserTest('in Classify this tab looks through the camera, and the service gets what is kept', async () => {
  const { page, complaints } = await visit();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.waitForSelector('#model-state[data-state=ready]');
  await page.getByRole('button', { name: 'Webcam' }).click();
  await page.locator('#live li').nth(4).waitFor();
  assert.ok(await cameraRuns(page));
  assert.ok(!asked.includes('POST /classify'));
  await page.getByRole('button', { name: 'Keep this picture' }).click();
  await page.waitForSelector('#agreement[data-kind=agree]');
  assert.ok(asked.includes('POST /classify'));
  assert.equal(await page.locator('#picture').getAttribute('alt'), 'webcam 1.png');
  assert.ok(await cameraRuns(page), 'and goes on');
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    Reflect.deleteProperty(document, 'hidden');
  });
  await page.getByText('The camera was stopped because this tab was out of sight.').waitFor();
  assert.equal(await cameraRuns(page), false);
  assert.deepEqual(complaints, []);
});

browserTest('a camera that may not be used is said to be so', async () => {
  const { page, complaints } = await visit();
  await page.context().clearPermissions();
  const button = page.getByRole('button', { name: 'Webcam' });
  await button.click();
  const problem = page.locator('#live .problem');
  await problem.waitFor();
  assert.equal(await problem.getAttribute('data-code'), 'CAMERA_REFUSED');
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  assert.deepEqual(complaints, []);
});
