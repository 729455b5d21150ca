import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { browserTest, readShown, type Shown, settled, sharedVisit } from './chromium.js';
import type { SamplePicture } from './sample-pictures.js';

let count = 0;

/** A picture with a name of its own, so that its result cannot be another's. */
async function picture(): Promise<SamplePicture> {
  count += 1;
  const background = { r: 200, g: 40 * (count % 6), b: 30 };
  const buffer = await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer();
  return { name: `picture ${count}.png`, mimeType: 'image/png', buffer };
}

async function submit(page: Page, file: SamplePicture): Promise<Shown> {
  await page.setInputFiles('#file', [file]);
  await settled(page, file.name);
  return readShown(page);
}

const visit = sharedVisit();

/** The page without the routes of the test before. */
async function unrouted(): Promise<Page> {
  const { page } = await visit();
  await page.unrouteAll();
  return page;
}

browserTest('an unreachable service leaves the tab its answer, and can be asked again', async () => {
  const page = await unrouted();
  await page.route('**/classify*', (route) => route.abort('connectionrefused'));
  const file = await picture();
  const alone = await submit(page, file);
  assert.equal(alone.serviceError, 'SERVICE_UNREACHABLE');
  assert.equal(alone.tab.length, 5);
  assert.equal(alone.agreement, 'none');
  await page.unroute('**/classify*');
  await page.locator('#service-card').getByRole('button', { name: 'Try again' }).click();
  await page.waitForSelector('#agreement[data-kind=agree]');
  assert.equal((await readShown(page)).service.length, 5);
});

browserTest("the service's refusal is shown in its own words", async () => {
  const page = await unrouted();
  const report = {
    code: 'QUEUE_FULL',
    message: 'Too much waits.',
    expected: 'at most 256',
    received: '300',
  };
  await page.route('**/classify*', (route) => route.fulfill({ status: 503, json: report }));
  const shown = await submit(page, await picture());
  assert.equal(shown.serviceError, 'QUEUE_FULL');
  const text = (await page.locator('#service-card').textContent()) ?? '';
  for (const part of ['Too much waits.', 'at most 256', '300']) assert.ok(text.includes(part), part);
  assert.equal(shown.tab.length, 5);
});

browserTest('an answer by another model is no agreement', async () => {
  const page = await unrouted();
  await page.route('**/classify*', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: { ...body, model: { ...body.model, digest: '0'.repeat(64) } } });
  });
  assert.equal((await submit(page, await picture())).agreement, 'models-differ');
});

browserTest(
  'files that are no picture, cut, or too large are refused by both, and the next one is classified',
  async () => {
    const page = await unrouted();
    const whole = await sharp({ create: { width: 90, height: 90, channels: 3, background: '#357' } })
      .composite([{ input: { create: { width: 30, height: 30, channels: 4, background: '#fd0' } } }])
      .png({ compressionLevel: 0 })
      .toBuffer();
    const huge = Buffer.from(whole);
    huge.writeUInt32BE(30_000, 16);
    huge.writeUInt32BE(30_000, 20);
    const cases = [
      { name: 'empty.png', buffer: Buffer.alloc(0), code: 'IMAGE_UNDECODABLE' },
      { name: 'text.png', buffer: Buffer.from('no picture at all'), code: 'UNSUPPORTED_IMAGE' },
      { name: 'cut.png', buffer: whole.subarray(0, whole.length / 2), code: 'IMAGE_UNDECODABLE' },
      { name: 'header.png', buffer: whole.subarray(0, 20), code: 'IMAGE_UNDECODABLE' },
      { name: 'huge.png', buffer: huge, code: 'IMAGE_TOO_LARGE' },
    ];
    for (const { name, buffer, code } of cases) {
      const shown = await submit(page, { name, mimeType: 'image/png', buffer });
      assert.equal(shown.tabError, code, `${name} in the tab`);
      assert.equal(shown.serviceError, code, `${name} in the service`);
    }
    assert.equal((await submit(page, await picture())).agreement, 'agree');
  },
);

browserTest('a model file that is not the one announced is not run; the service still answers', async () => {
  const page = await unrouted();
  await page.route('**/model/file*', async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length - 1]! ^= 1;
    await route.fulfill({ response, body });
  });
  await page.evaluate(() => caches.delete('onnx-kiln-models')); // else the kept file would do
  await page.reload();
  await page.waitForSelector('#model-state[data-state=failed]');
  const shown = await submit(page, await picture());
  assert.equal(shown.tabError, 'MODEL_DIGEST_MISMATCH');
  assert.equal(shown.service.length, 5);
  await page.unrouteAll();
  await page.locator('#tab-card').getByRole('button', { name: 'Try again' }).click();
  await page.waitForSelector('#agreement[data-kind=agree]');
});
