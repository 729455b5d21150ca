import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { browserTest, readShown, settled, sharedVisit } from './chromium.js';

const picture = (red: number): Promise<Buffer> =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: { r: red, g: 90, b: 160 } } })
    .png()
    .toBuffer();

/** The picture is on show, and both sides have said something about it. */
async function assertShown(page: Page, name: string, width: number): Promise<void> {
  await settled(page, name);
  const image = page.locator('#picture');
  assert.equal(await image.getAttribute('alt'), name);
  await page.waitForFunction(
    (expected) => document.querySelector<HTMLImageElement>('#picture')?.naturalWidth === expected,
    width,
  );
  assert.ok(await image.isVisible());
  const shown = await readShown(page);
  assert.equal(shown.agreement, 'agree');
  assert.equal(shown.service.length, 5);
}

/** What a drag from the desktop ends with. */
async function drop(
  page: Page,
  files: readonly { name: string; type: string; bytes: Buffer }[],
): Promise<void> {
  const contents = files.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString('base64') }));
  await page.evaluate((dropped) => {
    const dataTransfer = new DataTransfer();
    for (const { name, type, base64 } of dropped) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name, { type }));
    }
    const target = document.querySelector('#drop-zone p')!;
    for (const kind of ['dragenter', 'dragover', 'drop']) {
      target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, contents);
}

const visit = sharedVisit({ permissions: ['clipboard-read', 'clipboard-write'] });

browserTest('a picture comes in by the file picker, opened with the keyboard alone', async () => {
  const { page } = await visit();
  const focused = async (): Promise<string> => {
    await page.keyboard.press('Tab');
    return page.evaluate(() => document.activeElement?.textContent ?? '');
  };
  for (const name of ['Classify', 'Teach', 'Evaluate', 'Runs', 'Model', 'Choose pictures'])
    assert.equal(await focused(), name);
  const chosen = page.waitForEvent('filechooser');
  await page.evaluate(() => undefined); // the listener has reached the browser once this round trip is over
  await page.keyboard.press('Enter');
  const chooser = await chosen;
  assert.ok(chooser.isMultiple());
  await chooser.setFiles({ name: 'picked.png', mimeType: 'image/png', buffer: await picture(20) });
  await assertShown(page, 'picked.png', 40);
});

browserTest('a picture comes in by dropping one', async () => {
  const { page } = await visit();
  await drop(page, [{ name: 'dropped.png', type: 'image/png', bytes: await picture(60) }]);
  await assertShown(page, 'dropped.png', 40);
  assert.equal(await page.evaluate(() => 'dragging' in document.body.dataset), false);
});

browserTest('a picture comes in by pasting from the clipboard', async () => {
  const { page } = await visit();
  await page.evaluate(
    async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const blob = new Blob([bytes], { type: 'image/png' });
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
    },
    (await picture(100)).toString('base64'),
  );
  await page.keyboard.press('Control+V');
  await assertShown(page, 'image.png', 40); // the browser's own name for a pasted picture
});

browserTest('a picture comes in by having one drawn', async () => {
  const { page } = await visit();
  await page.getByRole('button', { name: 'Draw me a sample' }).click();
  await assertShown(page, 'drawn ship.png', 240);
});

browserTest(
  'several pictures at once become a list, each with its own result, reachable by keyboard',
  async () => {
    const { page } = await visit();
    const files = await Promise.all(
      [10, 120, 240].map(async (red) => ({
        name: `red ${red}.png`,
        type: 'image/png',
        bytes: await picture(red),
      })),
    );
    await drop(page, files);
    await settled(page, 'red 10.png');
    const history = page.getByRole('navigation', { name: 'Pictures so far' }).getByRole('button');
    await assert.doesNotReject(history.nth(2).waitFor());
    await history.nth(2).focus();
    await page.keyboard.press('Enter');
    await assertShown(page, 'red 240.png', 40);
    assert.equal(await history.nth(2).getAttribute('aria-current'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-current')), 'true');
  },
);

browserTest('a drop without a file is said to be one, and changes nothing', async () => {
  const { page } = await visit();
  const before = await page.locator('#result').ariaSnapshot();
  await drop(page, []);
  assert.equal(await page.locator('#notice').textContent(), 'What was dropped holds no file.');
  assert.equal(await page.locator('#result').ariaSnapshot(), before);
});

browserTest('a device without a camera is said to be one', async () => {
  const { page } = await visit();
  await page.getByRole('button', { name: 'Webcam' }).click();
  await page.waitForSelector('#live .problem[data-code=CAMERA_NOT_FOUND]');
});
