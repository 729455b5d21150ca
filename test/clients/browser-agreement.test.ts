import assert from 'node:assert/strict';
import sharp from 'sharp';
import { decodeImage } from '../../images/decode.js';
import { toFrame } from '../../images/frame.js';
import { tinyModel } from '../fixtures/model.js';
import { agreementJpegs, agreementPngs } from './agreement-pictures.js';
import { browserTest, readShown, type Shown, settled, sharedVisit, type Visit } from './chromium.js';
import { askBoth, assertAgreement, tolerance } from './library-agreement.js';
import { losslessPictures, lossyPictures, type SamplePicture } from './sample-pictures.js';

/** A level in each pixel may come from rounding in a colour conversion; the frame's own rounding adds one. */
const lossyFrameLevels = 2;

const visit = sharedVisit();

browserTest(
  'service and tab agree on PNGs of 20 to 1,200 pixels, of every kind, to the last bit of the frame',
  async () => {
    const here = await visit();
    const pictures = await losslessPictures();
    const shown = await classifyAll(here, pictures);
    for (const picture of pictures) {
      const answer = shown.get(picture.name)!;
      assertAgree(answer, picture, tolerance.lossless);
      assert.equal(answer.agreement, 'agree', picture.name);
      assert.equal(await frameDifference(answer, picture), 0, `${picture.name}: frame`);
    }
    assert.deepEqual(here.complaints, []);
  },
);

browserTest(
  'service and tab agree on JPEG, WebP and converted colours within a tolerance of their own',
  async () => {
    const pictures = await lossyPictures();
    const shown = await classifyAll(await visit(), pictures);
    for (const picture of pictures) {
      const answer = shown.get(picture.name)!;
      assertAgree(answer, picture, tolerance.lossy);
      const levels = await frameDifference(answer, picture);
      assert.ok(levels <= lossyFrameLevels, `${picture.name}: frame differs by ${levels}`);
    }
  },
);

browserTest(
  'the service and onnx-kiln/browser agree on 200 PNGs of 32 to 1,200 pixels, and on JPEGs',
  async () => {
    const [pngs, jpegs] = [await agreementPngs(200), await agreementJpegs(20)];
    const widths = pngs.map(({ name }) => Number(/ (\d+)x/.exec(name)?.[1]));
    assert.deepEqual([Math.min(...widths), Math.max(...widths)], [32, 1200]);
    const { service, library } = await askBoth(tinyModel(), [...pngs, ...jpegs], 'wasm');
    const lossless = { service: service.slice(0, 200), library: library.slice(0, 200) };
    assertAgreement(pngs, lossless, tolerance.lossless);
    assertAgreement(jpegs, { service: service.slice(200), library: library.slice(200) }, tolerance.lossy);

    // The control: the answer to another picture would have been seen.
    const [first, ...others] = lossless.library;
    const shifted = { ...lossless, library: [...others, first!] };
    assert.throws(() => assertAgreement(pngs, shifted, tolerance.lossy), assert.AssertionError);
  },
);

browserTest('the service and WebGPU agree', async () => {
  const pictures = await agreementPngs(2);
  const answers = await askBoth(tinyModel(), pictures, 'webgpu');
  assert.equal(answers.provider, 'webgpu');
  assertAgreement(pictures, answers, tolerance.lossless);
});

browserTest('control: a service with another frame rule is seen, by the test and by the page', async () => {
  const { page, url } = await visit();
  const buffer = await sharp({ create: { width: 300, height: 100, channels: 3, background: '#c63' } })
    .composite([
      { input: { create: { width: 80, height: 100, channels: 3, background: '#036' } }, left: 0, top: 0 },
    ])
    .png()
    .toBuffer();
  const picture = { name: 'control.png', mimeType: 'image/png', buffer };
  // The whole picture squeezed into the frame, instead of its centre square.
  const squeezed = await sharp(buffer).resize(32, 32, { fit: 'fill' }).png().toBuffer();
  await page.route('**/classify*', async (route) => {
    const headers = { 'content-type': 'image/png' };
    const answer = await fetch(new URL('classify?top=10', url), { method: 'POST', headers, body: squeezed });
    await route.fulfill({
      status: answer.status,
      contentType: 'application/json',
      body: await answer.text(),
    });
  });
  const answer = (await classifyAll(await visit(), [picture])).get(picture.name)!;
  await page.unroute('**/classify*');
  assert.equal(answer.agreement, 'differ');
  assert.throws(() => assertAgree(answer, picture, tolerance.lossy), assert.AssertionError);

  // One level in one colour of one pixel is seen too.
  assert.equal(await frameDifference(answer, picture), 0);
  const nudged = answer.frame.map((value, at) => (at === 1700 ? value ^ 1 : value));
  assert.equal(await frameDifference({ ...answer, frame: nudged }, picture), 1);
});

browserTest(
  'a browser without WebCodecs rounds alpha once more, and agrees to one level of the frame',
  async () => {
    const { page } = await visit();
    await page.route('**/classifier-worker.js', async (route) => {
      const response = await route.fetch();
      const body = `delete globalThis.ImageDecoder;\n${await response.text()}`;
      await route.fulfill({ response, body });
    });
    await page.reload();
    await page.waitForSelector('#model-state[data-state=ready]');
    const pictures = (await losslessPictures()).filter(({ name }) => /alpha \d\dx|[24] channels/.test(name));
    const shown = await classifyAll(await visit(), pictures);
    await page.unroute('**/classifier-worker.js');
    const levels: number[] = [];
    for (const picture of pictures) {
      const answer = shown.get(picture.name)!;
      assertAgree(answer, picture, tolerance.lossy);
      levels.push(await frameDifference(answer, picture));
    }
    assert.equal(Math.max(...levels), 1); // 0 would mean that WebCodecs was there after all
  },
);

/** Hands the pictures over in one go and reads what the page shows for each. */
async function classifyAll({ page }: Visit, pictures: readonly SamplePicture[]): Promise<Map<string, Shown>> {
  await page.setInputFiles('#file', [...pictures]);
  const shown = new Map<string, Shown>();
  for (const { name } of pictures) {
    await page.locator(`#history button[aria-label^="${name}:"]`).dispatchEvent('click');
    await settled(page, name);
    shown.set(name, await readShown(page));
  }
  return shown;
}

function assertAgree(shown: Shown, { name }: SamplePicture, allowed: number): void {
  assert.equal(shown.serviceError ?? shown.tabError, undefined, name);
  assert.equal(shown.service.length, 5, name);
  assert.equal(shown.service[0]?.label, shown.tab[0]?.label, `${name}: top 1`);
  const inTab = new Map(shown.tab.map(({ label, probability }) => [label, probability]));
  for (const { label, probability } of shown.service) {
    const difference = Math.abs(probability - (inTab.get(label) ?? -1));
    assert.ok(difference <= allowed, `${name}: ${label} differs by ${difference}`);
  }
}

/** Largest difference between the page's canvas (RGBA) and the service's decoder under the frame rule (RGB). */
async function frameDifference({ frame }: Shown, { buffer }: SamplePicture): Promise<number> {
  const expected = toFrame(await decodeImage(buffer), 32, 32); // [32, 32, 3]
  assert.equal(frame.length, (expected.length / 3) * 4);
  return expected.reduce((most, value, at) => {
    const shown = frame[Math.floor(at / 3) * 4 + (at % 3)]!;
    return Math.max(most, Math.abs(shown - value));
  }, 0);
}
