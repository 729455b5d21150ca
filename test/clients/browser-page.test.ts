import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { browserTest, settled, sharedVisit, type Visit } from './chromium.js';

const visit = sharedVisit({ colorScheme: 'light', viewport: { width: 1200, height: 900 } });
let drawn: Promise<Visit> | undefined;

/** The page with one picture classified, the same for all tests here. */
function withResult(): Promise<Visit> {
  drawn ??= visit().then(async (here) => {
    await here.page.getByRole('button', { name: 'Draw me a sample' }).click();
    await settled(here.page, 'drawn ship.png');
    return here;
  });
  return drawn;
}

browserTest('the page asks nobody but its own service, and has nothing to complain of', async () => {
  const { requested, url: own, complaints } = await withResult();
  const foreign = requested.filter((url) => !url.startsWith('blob:') && !url.startsWith(own));
  assert.deepEqual(foreign, []);
  for (const needed of ['model', 'classify', 'ort/ort-wasm-simd-threaded.wasm']) {
    assert.ok(
      requested.some((url) => url.startsWith(own + needed)),
      `${needed} was never asked for, so nothing would have been seen`,
    );
  }
  assert.deepEqual(complaints, []);
});

browserTest(
  'the page is cross-origin isolated, and its policy forbids inline scripts and styles',
  async () => {
    const { page, complaints } = await withResult();
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    const blocked = await page.evaluate(async () => {
      const violations: string[] = [];
      const seen = new Promise<void>((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
          violations.push(effectiveDirective);
          if (violations.length === 2) resolve();
        });
      });
      document.body.setAttribute('style', 'opacity: 1');
      const script = document.createElement('script');
      script.textContent = 'document.title = "inline"';
      document.body.append(script);
      await seen;
      return violations.sort();
    });
    assert.deepEqual(blocked, ['script-src-elem', 'style-src-attr']);
    assert.equal(await page.title(), 'Classify · kiln');
    assert.equal(complaints.splice(0).length, 2); // the control: violations do reach the list
  },
);

browserTest('the page speaks its result, and names its parts', async () => {
  const { page } = await withResult();
  const spoken = await page.locator('#announcement[role=status]').textContent();
  assert.match(
    spoken ?? '',
    /^drawn ship\.png: the service says \w+, [\d.]+ %; this tab says \w+, [\d.]+ %\. They agree/,
  );
  for (const name of ['The service', 'This tab', 'The model']) {
    assert.equal(await page.getByRole('region', { name, exact: true }).count(), 1, name);
  }
  assert.ok(await page.getByRole('img', { name: 'The picture reduced to 32 by 32 pixels' }).isVisible());
  assert.ok(await page.getByRole('img', { name: 'drawn ship.png' }).isVisible());
});

browserTest('the page shows the times of both sides and the facts of the model', async () => {
  const { page, url } = await withResult();
  const times = (id: string) => page.locator(`#${id} .times dt`).allTextContents();
  assert.deepEqual(await times('service-card'), ['Queue', 'Decoding', 'Inference', 'Round trip']);
  assert.deepEqual(await times('tab-card'), ['Decoding', 'Inference']);
  const facts = (await page.locator('#model dl').textContent()) ?? '';
  const { digest } = await (await fetch(new URL('model', url))).json();
  for (const fact of ['tiny', '3,498', 'not measured', digest.slice(0, 12), 'cpu in the service']) {
    assert.ok(facts.includes(fact), `${fact} in ${facts}`);
  }
});

browserTest('the page has a light and a dark face', async (t) => {
  const { page } = await withResult();
  const folder = join(tmpdir(), 'kiln-page');
  await mkdir(folder, { recursive: true });
  const brightness = async (colorScheme: 'light' | 'dark'): Promise<number> => {
    await page.emulateMedia({ colorScheme });
    const screenshot = await page.screenshot({ path: join(folder, `${colorScheme}.png`), fullPage: true });
    const { channels } = await sharp(screenshot).removeAlpha().stats();
    return channels.reduce((sum, { mean }) => sum + mean, 0) / channels.length;
  };
  assert.ok((await brightness('dark')) < 80);
  assert.ok((await brightness('light')) > 200);
  t.diagnostic(`screenshots lie in ${folder}`);
});

browserTest('the page fits a phone without scrolling sideways', async () => {
  const { page } = await withResult();
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  for (const width of [1200, 390, 320]) {
    await page.setViewportSize({ width, height: 800 });
    assert.ok((await overflow()) <= 0, `${width} px`);
  }
  // The control: something too wide would have been noticed.
  await page.evaluate(() => {
    document.body.style.minWidth = '500px';
  });
  assert.ok((await overflow()) > 0);
});

browserTest(
  'the page computes on several threads where it is isolated, and on one where it is not',
  async () => {
    const { page, complaints } = await withResult();
    const runsOn = async (): Promise<string> => {
      await page.reload();
      await page.waitForSelector('#model-state[data-state=ready]');
      await page.getByRole('button', { name: 'Draw me a sample' }).click();
      await page.waitForSelector('#agreement[data-kind=agree]');
      return (await page.locator('#model dl').textContent()) ?? '';
    };
    await page.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 4 }),
    );
    assert.match(await runsOn(), /WebAssembly with 2 threads/);
    await page.route('**/*', async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers() };
      delete headers['cross-origin-opener-policy'];
      delete headers['cross-origin-embedder-policy'];
      await route.fulfill({ response, headers });
    });
    assert.match(await runsOn(), /WebAssembly with one thread/);
    assert.deepEqual(complaints, []);
  },
);
