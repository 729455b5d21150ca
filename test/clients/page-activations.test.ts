import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { greyPixels, type Maps } from '../../clients/page/model/activation-map.js';
import type { Activation, InspectorReply } from '../../clients/page/model/inspector-messages.js';
import { layersOf } from '../../clients/page/model/network-layers.js';
import { withOutputs } from '../../clients/page/model/with-outputs.js';
import { inferenceGraph } from '../../export/inference-graph.js';
import { networks } from '../../networks/registry.js';
import { decodeModel } from '../../onnx/decode.js';
import { encodeModel } from '../../onnx/encode.js';
import type { Tensor } from '../../onnx/types.js';
import { createSession } from '../../runtime/onnxruntime-node.js';
import { initialParameters } from '../../train/parameters.js';
import { tinyModel } from '../fixtures/model.js';
import { browserTest, namelessParts, sharedVisit } from './chromium.js';

const model = tinyModel();

/** A picture of the frame's size, so that the frame is its bytes: RGB [32, 32, 3]. */
const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at * at + 7 * at) % 256);
const png = (rgb: Uint8Array): Promise<Buffer> =>
  sharp(rgb, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toBuffer();

const visit = sharedVisit({ serve: { models: model }, view: { address: '#/model', ready: '#filters' } });

/** What the layers of a file give for a frame in onnxruntime-node, by the layer's name. */
async function activationsInNode(file: Uint8Array, frame: Uint8Array): Promise<ReadonlyMap<string, Tensor>> {
  const decoded = decodeModel(file);
  const layers = layersOf(decoded);
  const bytes = withOutputs(
    decoded,
    layers.map(({ value }) => value),
  );
  const session = await createSession(bytes, { device: 'cpu', threads: 1, spinning: false });
  try {
    const outputs = await session.run({ images: { dtype: 'uint8', dims: [1, 32, 32, 3], data: frame } });
    return new Map(layers.map(({ name, value }) => [name, outputs[value]!]));
  } finally {
    await session.release();
  }
}

/** The same as the page has it computed, by its own worker. */
function activationsInTab(
  page: Page,
  picture: Buffer,
): Promise<(Omit<Activation, 'values'> & { values: number[] })[]> {
  return page.evaluate(
    async (bytes) => {
      const { digest } = await (await fetch('model')).json();
      const worker = new Worker('inspector-worker.js', { type: 'module' });
      const ask = (request: object): Promise<InspectorReply> =>
        new Promise((resolve) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage({ id: 0, ...request });
        });
      const modelUrl = new URL(`model/file?digest=${digest}`, document.baseURI).href;
      await ask({ kind: 'inspect', modelUrl, headers: {}, digest });
      const file = new Blob([Uint8Array.from(bytes)]);
      const reply = await ask({ kind: 'activations', picture: file, maxPixels: 1e6 });
      worker.terminate();
      if (reply.kind === 'failed') throw new Error(reply.problem.message);
      return (reply.answer as Activation[]).map((one) => ({ ...one, values: [...one.values] }));
    },
    [...picture],
  );
}

const largestDifference = (one: ArrayLike<number>, other: ArrayLike<number | bigint>): number =>
  Array.from(one).reduce((most, value, at) => Math.max(most, Math.abs(value - Number(other[at]))), 0);

browserTest('what the layers give in the tab is what they give in onnxruntime-node', async () => {
  const { page } = await visit();
  const [inTab, inNode] = [
    await activationsInTab(page, await png(pixels)),
    await activationsInNode(model, pixels),
  ];
  assert.deepEqual(
    inTab.map(({ layer }) => layer),
    ['preprocessing', 'conv1', 'softmax_linear'],
  );
  const otherModel = await activationsInNode(tinyModel({ seed: 1 }), pixels);
  for (const { layer, dims, values } of inTab) {
    const expected = inNode.get(layer)!;
    assert.deepEqual([1, ...dims], expected.dims);
    assert.ok(largestDifference(values, expected.data) <= 1e-4, layer);
    if (layer === 'preprocessing') continue; // the same in every model
    assert.ok(largestDifference(values, otherModel.get(layer)!.data) > 1e-2, `control: ${layer}`);
  }
});

browserTest('a row of the table leads to the maps of the picture that Classify showed', async () => {
  const { page, complaints, requested } = await visit();
  assert.ok(await page.getByRole('button', { name: 'Draw me a sample' }).last().isVisible()); // none was shown
  await page.getByRole('link', { name: 'Classify' }).click();
  await page.setInputFiles('#file', [{ name: 'mine.png', mimeType: 'image/png', buffer: await png(pixels) }]);
  await page.getByRole('link', { name: 'Model' }).click();
  await page.getByText('mine.png', { exact: true }).waitFor();
  assert.equal(await page.locator('.maps figure').count(), 0, 'they come when they are asked for');

  await page
    .getByRole('row', { name: /^conv1 / })
    .locator('td')
    .first()
    .click();
  await page.waitForFunction(() => document.activeElement?.id === 'maps-conv1');
  assert.equal(new URL(page.url()).hash, '#/model/conv1');
  await page
    .getByRole('img', { name: /^conv1: 8 maps of 24 × 24 values from −[\d.]+ to [\d.]+\.$/ })
    .waitFor();
  const drawn = await page.locator('#maps-conv1 canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(25, 0, 24, 24); // the second map
    return [...data].filter((_, at) => at % 4 === 0);
  });
  const conv1 = (await activationsInNode(model, pixels)).get('conv1')!.data as Float32Array;
  const expected = greyPixels({ channels: 8, height: 24, width: 24, values: conv1 }, 2, 'map');
  assert.ok(largestDifference(drawn, expected.subarray(24 * 24)) <= 1);
  assert.ok(largestDifference(drawn, expected.subarray(0, 24 * 24)) > 50, 'control: another map');
  await page.getByRole('img', { name: /^softmax_linear: 10 values .* The largest: \w+ \(/ }).waitFor();
  assert.deepEqual(await namelessParts(page), []);

  await page.getByLabel('Brightness:').selectOption('all maps of a layer alike');
  await page.getByRole('link', { name: 'Classify' }).click();
  const white = await png(new Uint8Array(32 * 32 * 3).fill(255));
  await page.setInputFiles('#file', [{ name: 'white.png', mimeType: 'image/png', buffer: white }]);
  await page.getByRole('link', { name: 'Model' }).click();
  await page.getByText('3 layers of white.png, computed in this tab.').waitFor();
  assert.equal(requested.filter((url) => /model\/file/.test(url)).length, 1, 'the file was fetched once');
  assert.deepEqual(complaints, []);
});

test('a map is black at 0, or grey where there are negative values, and scaled alone or with its layer', () => {
  const of = (...values: number[]): Maps => ({
    channels: 2,
    height: 1,
    width: 2,
    values: Float32Array.from(values),
  });
  assert.deepEqual([...greyPixels(of(0, 1, 2, 4), 2, 'map')], [0, 255, 128, 255]);
  assert.deepEqual([...greyPixels(of(0, 1, 2, 4), 2, 'layer')], [0, 64, 128, 255]);
  assert.deepEqual([...greyPixels(of(0, -1, 2, 4), 2, 'map')], [128, 0, 191, 255]);
  assert.deepEqual([...greyPixels(of(0, 0, 0, 0), 1, 'map')], [0, 0]); // nothing to divide by
});

for (const network of Object.values(networks)) {
  test(`every layer of ${network.name} gives what the table says`, async () => {
    const parameters = initialParameters(network, 10, 0);
    const graph = inferenceGraph(network, { height: 32, width: 32 }, 10);
    const file = encodeModel(graph, { name: network.name, parameters });
    const found = await activationsInNode(file, pixels);
    for (const { name, output } of layersOf(decodeModel(file)))
      assert.deepEqual(found.get(name)?.dims.slice(1), output, name);
    assert.ok(found.size > 3);
  });
}
