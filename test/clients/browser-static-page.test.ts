import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import sharp from 'sharp';
import { cifar10Labels, tinyModel } from '../fixtures/model.js';
import { browserTest } from './chromium.js';
import { libraryFolder, startBrowser, startSite } from './library-page.js';

const folder = fileURLToPath(new URL('../../../examples/static-page/', import.meta.url));

browserTest(
  'examples/static-page classifies a picture with a server of files, and then without it',
  async (t) => {
    const model = tinyModel();
    const site = await startSite({ folder, files: { '/model.onnx': () => ({ body: model }) } });
    t.after(() => site.close());
    const browser = await startBrowser();
    t.after(() => browser.close());
    const page = await browser.open(site);
    await page.getByText('Ready.').waitFor();
    const buffer = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#357' } })
      .png()
      .toBuffer();
    await page.getByLabel('A picture').setInputFiles({ name: 'blue.png', mimeType: 'image/png', buffer });
    await page.locator('#predictions li').nth(2).waitFor();
    const state = (await page.locator('#state').textContent()) ?? '';
    assert.match(state, new RegExp(`^(${cifar10Labels.join('|')}), in \\d+ ms$`));
    const file = { name: 'text.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
    await page.getByLabel('A picture').setInputFiles(file);
    await page.getByText('(UNSUPPORTED_IMAGE)').waitFor();
    assert.deepEqual(browser.complaints, []);

    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await site.close();
    await page.reload();
    await page.getByText('Ready.').waitFor();
    await page.getByLabel('A picture').setInputFiles({ name: 'blue.png', mimeType: 'image/png', buffer });
    await page.locator('#predictions li').nth(2).waitFor();
    await assert.rejects(page.goto(`${site.url}other.html`), 'control: nothing answers');
  },
);

browserTest('a bundler leaves out what a program does not use of onnx-kiln/browser', async () => {
  const sizeOf = async (contents: string): Promise<number> => {
    const stdin = { contents, resolveDir: libraryFolder };
    const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', minify: true, write: false });
    return outputFiles[0]!.text.length;
  };
  const all = await sizeOf("export * from './index.js'");
  const part = await sizeOf("export { ClassifierError } from './index.js'");
  assert.ok(part < all / 10, `${part} of ${all} bytes`);
  assert.ok(all < 16_000, `${all} bytes`);
});
