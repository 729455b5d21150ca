import assert from 'node:assert/strict';
import type { BrowserDevice } from '../../clients/browser/index.js';
import type { Prediction } from '../../runtime/top-predictions.js';
import { startServer } from '../../serve/server.js';
import { emptyPage, startBrowser, startSite, swiftShader } from './library-page.js';
import type { SamplePicture } from './sample-pictures.js';

/** In the page. */
declare const kiln: typeof import('../../clients/browser/index.js');

/** Largest |Δp| between service and browser. */
export const tolerance = {
  lossless: 1e-3,
  /** Decoders of JPEG and WebP may differ by a level in a pixel. */
  lossy: 2e-2,
} as const;

type Answers = readonly (readonly Prediction[])[];

export interface BothAnswers {
  /** What ran the model in the browser. */
  readonly provider: string;
  /** All labels of each picture, the most probable first. */
  readonly service: Answers;
  readonly library: Answers;
}

/** Classifies each picture by the real service and by the library in Chromium, with one model file. */
export async function askBoth(
  model: Uint8Array,
  pictures: readonly SamplePicture[],
  device: BrowserDevice,
): Promise<BothAnswers> {
  const [service, { provider, answers }] = await Promise.all([
    askService(model, pictures),
    askLibrary(model, pictures, device),
  ]);
  return { provider, service, library: answers };
}

/** @returns the largest difference between two probabilities of one label */
export function assertAgreement(
  pictures: readonly SamplePicture[],
  { service, library }: Omit<BothAnswers, 'provider'>,
  allowed: number,
): number {
  assert.deepEqual([service.length, library.length], [pictures.length, pictures.length]);
  const differences = pictures.map(({ name }, index) => {
    const [there, here] = [service[index]!, library[index]!];
    assert.equal(here.length, there.length, name);
    assert.equal(here[0]!.label, there[0]!.label, `${name}: top 1`);
    const probabilities = new Map(there.map(({ label, probability }) => [label, probability]));
    const difference = Math.max(
      ...here.map(({ label, probability }) => Math.abs(probability - (probabilities.get(label) ?? -1))),
    );
    assert.ok(difference <= allowed, `${name} differs by ${difference}`);
    return difference;
  });
  return Math.max(...differences);
}

async function askService(model: Uint8Array, pictures: readonly SamplePicture[]): Promise<Prediction[][]> {
  const server = await startServer({ models: model, port: 0, device: 'cpu', workers: 1, logLevel: 'silent' });
  try {
    const answers: Prediction[][] = [];
    for (const { buffer, mimeType, name } of pictures) {
      const response = await fetch(new URL('classify?top=10', server.address), {
        method: 'POST',
        headers: { 'content-type': mimeType },
        body: Uint8Array.from(buffer),
      });
      const body = await response.json();
      assert.equal(response.status, 200, `${name}: ${JSON.stringify(body)}`);
      answers.push(body.results[0].predictions);
    }
    return answers;
  } finally {
    await server.close();
  }
}

async function askLibrary(bytes: Uint8Array, pictures: readonly SamplePicture[], device: BrowserDevice) {
  const served = pictures.map(({ buffer }, index) => [`/${index}.png`, () => ({ body: buffer })] as const);
  const site = await startSite({
    files: { ...emptyPage, '/model.onnx': () => ({ body: bytes }), ...Object.fromEntries(served) },
  });
  const browser = await startBrowser(device === 'wasm' ? undefined : swiftShader);
  try {
    const page = await browser.open(site);
    return await page.evaluate(
      async ({ count, device }) => {
        const classifier = await kiln.loadClassifier('model.onnx', { device });
        const answers: Prediction[][] = [];
        for (let index = 0; index < count; index += 1) {
          const picture = await (await fetch(`${index}.png`)).blob();
          const { predictions } = await classifier.classify(picture, { top: classifier.labels.length });
          answers.push([...predictions]);
        }
        return { provider: classifier.provider, answers };
      },
      { count: pictures.length, device },
    );
  } finally {
    await browser.close();
    await site.close();
  }
}
