import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import type { LoadOptions } from '../../clients/browser/index.js';
import { cifar10Labels, tinyModel } from '../fixtures/model.js';
import { browserTest } from './chromium.js';
import {
  emptyPage,
  isolation,
  type LibraryBrowser,
  startBrowser,
  startSite,
  strictPolicy,
} from './library-page.js';
import { tasksDuring } from './main-thread.js';

/** In the page. */
declare const kiln: typeof import('../../clients/browser/index.js');

const model = tinyModel();
const digest = createHash('sha256').update(model).digest('hex');
const opened: { close(): Promise<void> }[] = [];
let browser: Promise<LibraryBrowser> | undefined;
after(async () => {
  for (const one of opened.reverse()) await one.close();
});

type SiteOptions = Parameters<typeof startSite>[0];

/** A page of a site of its own: an origin, and so a cache, that no other test has seen. */
async function openSite({ headers, files }: SiteOptions = {}) {
  browser ??= startBrowser().then((started) => {
    opened.push(started);
    return started;
  });
  const picture = await picturePng();
  const site = await startSite({
    headers: { 'content-security-policy': strictPolicy, ...headers },
    files: {
      ...emptyPage,
      '/model.onnx': () => ({ body: model }),
      '/picture.png': () => ({ body: picture }),
      ...files,
    },
  });
  opened.push(site);
  const { open, complaints } = await browser;
  return { site, complaints, page: await open(site) };
}

function picturePng(): Promise<Buffer> {
  const disc = '<svg width="300" height="200"><circle cx="120" cy="90" r="70" fill="#d73"/></svg>';
  return sharp({ create: { width: 300, height: 200, channels: 3, background: '#247' } })
    .composite([{ input: Buffer.from(disc) }])
    .png()
    .toBuffer();
}

/** Loads, and says what came of it: the model's facts, or the code of the error. */
function load(page: Page, options: Pick<LoadOptions, 'device' | 'digest' | 'runtime' | 'worker'> = {}) {
  return page.evaluate(async (options) => {
    try {
      const classifier = await kiln.loadClassifier('model.onnx', options);
      const { provider, failed, threads, digest, labels } = classifier;
      classifier.close();
      return { provider, failed, threads, digest, labels, name: classifier.metadata.name };
    } catch (error) {
      return { code: (error as { code?: string }).code };
    }
  }, options);
}

browserTest(
  'a file, an image, a canvas, a video, a bitmap and pixels of one picture get one answer, under a strict policy',
  async () => {
    const { page, complaints, site } = await openSite();
    const answers = await page.evaluate(async () => {
      const classifier = await kiln.loadClassifier('model.onnx');
      const file = await (await fetch('picture.png')).blob();
      const image = new Image();
      image.src = 'picture.png';
      await image.decode();
      const canvas = document.createElement('canvas');
      const offscreen = new OffscreenCanvas(image.width, image.height);
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      offscreen.getContext('2d')!.drawImage(image, 0, 0);
      const video = document.createElement('video');
      video.muted = true;
      video.srcObject = canvas.captureStream();
      await video.play();
      const bitmap = await createImageBitmap(image);
      const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
      const sources = { file, image, canvas, offscreen, video, bitmap, pixels };
      const answers: Record<string, Awaited<ReturnType<typeof classifier.classify>>> = {};
      for (const [name, source] of Object.entries(sources))
        answers[name] = await classifier.classify(source, { top: 10 });
      answers.again = await classifier.classify(bitmap); // the caller's bitmap is still whole
      classifier.close();
      return answers;
    });
    const { file, again, video, ...others } = answers;
    assert.equal(file!.digest, digest);
    assert.ok(file!.timing.decodeMs >= 0 && file!.timing.inferenceMs >= 0);
    assert.deepEqual(again!.predictions, file!.predictions.slice(0, 5));
    for (const [name, { predictions }] of Object.entries(others))
      assert.deepEqual(predictions, file!.predictions, name);
    assert.equal(video!.predictions[0]!.label, file!.predictions[0]!.label); // YUV on its way
    assert.deepEqual(complaints, []);
    assert.ok(site.asked.includes('/kiln/onnxruntime-web/ort-wasm-simd-threaded.wasm 200'));
    assert.ok(!site.asked.some((path) => /webgpu|asyncify/.test(path))); // 27 MB for nothing
  },
);

browserTest('control: a policy without wasm-unsafe-eval stops the library, and it says so', async () => {
  const { page, complaints } = await openSite({
    headers: { 'content-security-policy': strictPolicy.replace("'wasm-unsafe-eval'", '') },
  });
  assert.deepEqual(await load(page), { code: 'RUNTIME_FAILED' });
  assert.notEqual(complaints.splice(0).length, 0);
});

browserTest('the model says what it is, what runs it here, and why WebGPU does not', async () => {
  const plain = await load((await openSite()).page);
  const failed = [{ provider: 'webgpu', reason: 'this browser gives no WebGPU adapter' }];
  const facts = { provider: 'wasm', failed, digest, labels: cifar10Labels, name: 'tiny' };
  assert.deepEqual(plain, { ...facts, threads: 1 });
  const { page } = await openSite({ headers: isolation });
  await page.evaluate(() => Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 4 }));
  assert.deepEqual(await load(page), { ...facts, threads: 2 });
  assert.deepEqual(await load(page, { device: 'wasm' }), { ...facts, failed: [], threads: 2 });
  assert.deepEqual(await load(page, { device: 'webgpu' }), { code: 'DEVICE_UNAVAILABLE' });
});

browserTest('what cannot be loaded or classified is refused with a code', async () => {
  const { page, complaints } = await openSite({
    files: { '/cut.onnx': () => ({ body: model.subarray(0, 999) }) },
  });
  assert.deepEqual(await load(page, { digest: '0'.repeat(64) }), { code: 'MODEL_DIGEST_MISMATCH' });
  assert.deepEqual(await load(page, { digest: 'abc' }), { code: 'OPTION_INVALID' });
  assert.deepEqual(await load(page, { worker: 'none.js' }), { code: 'WORKER_FAILED' });
  assert.deepEqual(await load(page, { runtime: 'none' }), { code: 'RUNTIME_FAILED' });
  const codes = await page.evaluate(async () => {
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'fine',
        (error) => (error instanceof kiln.ClassifierError ? error.code : error.name),
      );
    const classifier = await kiln.loadClassifier('model.onnx', { maxPixels: 60_000 });
    const file = await (await fetch('picture.png')).blob();
    const small = new ImageData(300, 200);
    const busy = [classifier.classify(small), classifier.classify(small)];
    const given = new AbortController();
    const aborted = codeOf(classifier.classify(small, { signal: given.signal }));
    given.abort();
    const codes = {
      missing: await codeOf(kiln.loadClassifier('missing.onnx')),
      cut: await codeOf(kiln.loadClassifier('cut.onnx')),
      given: await codeOf(kiln.loadClassifier('model.onnx', { signal: AbortSignal.abort() })),
      later: await codeOf(kiln.loadClassifier('model.onnx', { signal: AbortSignal.timeout(1) })),
      aborted: await aborted,
      others: await codeOf(Promise.all(busy)),
      atTheLimit: await codeOf(classifier.classify(file)),
      large: await codeOf(classifier.classify(new ImageData(301, 200))),
      text: await codeOf(classifier.classify(new Blob(['no picture']))),
      nothing: await codeOf(classifier.classify({} as Blob)),
      broken: await codeOf(classifier.classify(new Image())),
      top: await codeOf(classifier.classify(file, { top: 0 })),
    };
    const last = codeOf(classifier.classify(file));
    await new Promise((resolve) => setTimeout(resolve));
    classifier.close();
    return { ...codes, last: await last, closed: await codeOf(classifier.classify(file)) };
  });
  assert.deepEqual(codes, {
    missing: 'MODEL_UNREACHABLE',
    cut: 'MODEL_INVALID',
    given: 'AbortError',
    later: 'TimeoutError',
    aborted: 'AbortError',
    others: 'fine',
    atTheLimit: 'fine',
    large: 'IMAGE_TOO_LARGE',
    text: 'UNSUPPORTED_IMAGE',
    nothing: 'UNSUPPORTED_IMAGE',
    broken: 'IMAGE_UNDECODABLE',
    top: 'OPTION_INVALID',
    last: 'CLASSIFIER_CLOSED',
    closed: 'CLASSIFIER_CLOSED',
  });
  complaints.splice(0); // the browser's own words for files that are not there
});

browserTest("another site's picture is refused, unless that site allows it", async () => {
  const picture = await picturePng();
  const other = await startSite({
    files: {
      '/closed.png': () => ({ body: picture }),
      '/open.png': () => ({ body: picture, headers: { 'access-control-allow-origin': '*' } }),
    },
  });
  opened.push(other);
  const policy = strictPolicy.replace("img-src 'self'", `img-src ${other.url}`);
  const { page, complaints } = await openSite({ headers: { 'content-security-policy': policy } });
  const codes = await page.evaluate(async (url) => {
    const classifier = await kiln.loadClassifier('model.onnx');
    const codesOf = async (path: string, crossOrigin: string | null) => {
      const image = Object.assign(new Image(), { crossOrigin, src: url + path });
      const canvas = document.createElement('canvas');
      await image.decode();
      canvas.getContext('2d')!.drawImage(image, 0, 0);
      const codes = [image, canvas].map((source) =>
        classifier.classify(source).then(
          () => 'fine',
          (error) => error.code,
        ),
      );
      return Promise.all(codes);
    };
    const codes = [await codesOf('closed.png', null), await codesOf('open.png', 'anonymous')];
    classifier.close();
    return codes;
  }, other.url);
  const refused = 'IMAGE_CROSS_ORIGIN';
  assert.deepEqual(codes, [
    [refused, refused],
    ['fine', 'fine'],
  ]);
  assert.deepEqual(complaints, []);
});

browserTest(
  'the model is fetched once, asked about by its ETag, and there when the server is not',
  async () => {
    let state: 'up' | 'replaced' | 'broken' = 'up';
    const other = tinyModel({ seed: 1 });
    const { page, site, complaints } = await openSite({
      files: {
        '/model.onnx': (headers) => {
          if (state === 'broken') return { status: 503 };
          const etag = `"${state}"`;
          const current = headers['if-none-match'] === etag;
          if (current) return { status: 304, headers: { etag } };
          return { headers: { etag }, body: state === 'up' ? model : other };
        },
      },
    });
    const asked = (): string[] => site.asked.splice(0).filter((path) => path.startsWith('/model'));
    const loaded = async (options?: LoadOptions) => {
      const { digest: found } = await load(page, options);
      return { found, asked: asked() };
    };
    assert.deepEqual(await loaded(), { found: digest, asked: ['/model.onnx 200'] });
    assert.deepEqual(await loaded(), { found: digest, asked: ['/model.onnx 304'] });
    assert.deepEqual(await loaded({ digest }), { found: digest, asked: [] });
    state = 'broken';
    assert.deepEqual(await loaded(), { found: digest, asked: ['/model.onnx 503'] });
    await page.route('**/model.onnx', (route) => route.abort('connectionrefused'));
    assert.deepEqual(await loaded(), { found: digest, asked: [] });
    await page.unrouteAll();
    state = 'replaced';
    const replaced = createHash('sha256').update(other).digest('hex');
    assert.deepEqual(await loaded(), { found: replaced, asked: ['/model.onnx 200'] });

    // The control: without a kept file, or with one that somebody has changed, the server is needed.
    await page.evaluate(async () => {
      const cache = await caches.open('onnx-kiln-models');
      const [url] = await cache.keys();
      const { headers } = (await cache.match(url!))!;
      await cache.put(url!, new Response('changed', { headers }));
    });
    assert.deepEqual(await loaded({ digest: replaced }), { found: replaced, asked: ['/model.onnx 200'] });
    await page.evaluate(() => caches.delete('onnx-kiln-models'));
    state = 'broken';
    assert.equal((await loaded()).found, undefined);
    complaints.splice(0);
  },
);

browserTest('loading and classifying never hold the page up for 50 ms', async () => {
  const photo = await sharp({
    create: {
      width: 1200,
      height: 900,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
      background: '#000',
    },
  })
    .png({ compressionLevel: 1 })
    .toBuffer();
  const { page } = await openSite({ files: { '/photo.png': () => ({ body: photo }) } });
  const work = () =>
    page.evaluate(async () => {
      const classifier = await kiln.loadClassifier('model.onnx');
      const file = await (await fetch('photo.png')).blob();
      const bitmap = await createImageBitmap(file);
      const canvas = new OffscreenCanvas(1200, 900);
      canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
      for (let round = 0; round < 3; round += 1)
        await Promise.all([file, bitmap, canvas].map((source) => classifier.classify(source)));
      classifier.close();
    });
  const hold = () =>
    page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve));
      let sum = 0;
      for (let step = 0; step < 2e8; step += 1) sum += Math.sqrt(step);
      await new Promise((resolve) => setTimeout(resolve, 100)); // the task has ended
      return sum;
    });
  const [longest = 0] = await tasksDuring(page, work);
  assert.ok(longest > 0 && longest < 50, `${longest} ms`);
  const [control = 0] = await tasksDuring(page, hold); // a task that would have been seen
  assert.ok(control >= 50, `control: ${control} ms`);
});
