import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { Classifier } from '../../runtime/classifier.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { cifar10Labels, tinyModel } from '../fixtures/model.js';
import { noise, picture, png } from './pictures.js';
import { answerOf, post, postForm, startApp } from './serving.js';

let app: FastifyInstance;
let close: () => Promise<void>;
let classifier: Classifier;
before(async () => {
  ({ app, close } = await startApp());
  classifier = await loadClassifier(tinyModel(), { device: 'cpu', threads: 1 });
});
after(async () => {
  await close();
  await classifier.close();
});

/** The label list in the order of the model's own answer to a frame, asked without the service. */
async function expectedOrder(seed: number): Promise<{ label: string; index: number; probability: number }[]> {
  const probabilities = await classifier.classify(noise(seed), 1);
  return Array.from(probabilities, (probability, index) => ({
    label: cifar10Labels[index]!,
    index,
    probability,
  })).sort((a, b) => b.probability - a.probability);
}

test('a raw PNG gets the five most probable labels, as the model itself gives them', async () => {
  const response = await post(app, await png(7));
  assert.equal(response.statusCode, 200);
  const { model, results } = answerOf(response);
  assert.deepEqual(model, { name: 'tiny', version: '1', digest: modelDigest(tinyModel()) });
  const [result] = results;
  assert.ok(result !== undefined && 'predictions' in result);
  assert.equal(result.name, 'image');
  assert.deepEqual(result.predictions, (await expectedOrder(7)).slice(0, 5));
  assert.notDeepEqual(result.predictions, (await expectedOrder(8)).slice(0, 5), 'the control');
  for (const part of ['queueMs', 'decodeMs', 'inferenceMs'] as const) assert.ok(result.timing[part] >= 0);
});

test('top asks for more or fewer labels', async () => {
  for (const top of [1, 10]) {
    const [result] = answerOf(await post(app, await png(1), { top: String(top) })).results;
    assert.ok(result !== undefined && 'predictions' in result);
    assert.equal(result.predictions.length, top);
    const sum = result.predictions.reduce((total, { probability }) => total + probability, 0);
    assert.equal(Math.abs(sum - 1) < 1e-5, top === 10, 'only all of them sum to 1');
  }
});

test('raw WebP and JPEG bodies are classified', async () => {
  const webp = await post(app, await picture(7).webp({ lossless: true }).toBuffer(), { type: 'image/webp' });
  const jpeg = await post(app, await picture(7, 64).jpeg().toBuffer(), { type: 'image/jpeg' });
  const [lossless] = answerOf(webp).results;
  assert.ok(lossless !== undefined && 'predictions' in lossless);
  assert.deepEqual(lossless.predictions, (await expectedOrder(7)).slice(0, 5));
  assert.equal(jpeg.statusCode, 200);
});

test('a form with several pictures gets a result each, in order and by name', async () => {
  const response = await postForm(app, {
    'a.png': await png(1),
    'b.webp': await picture(2).webp({ lossless: true }).toBuffer(),
    'c.png': await png(3),
  });
  const { results } = answerOf(response);
  assert.deepEqual(
    results.map(({ name }) => name),
    ['a.png', 'b.webp', 'c.png'],
  );
  for (const [index, result] of results.entries()) {
    assert.ok('predictions' in result);
    assert.deepEqual(result.predictions, (await expectedOrder(index + 1)).slice(0, 5));
  }
});

test('one bad picture among good ones has its own error', async () => {
  const response = await postForm(app, {
    'good.png': await png(1),
    'cut.png': (await png(2)).subarray(0, 60),
    'note.txt': Buffer.from('not a picture'),
    'also-good.png': await png(3),
  });
  assert.equal(response.statusCode, 200);
  const codes = answerOf(response).results.map((result) => ('error' in result ? result.error.code : 'good'));
  assert.deepEqual(codes, ['good', 'IMAGE_UNDECODABLE', 'UNSUPPORTED_IMAGE', 'good']);
});

test('when all pictures are bad the status is that of the first, with its report beside the results', async () => {
  const response = await postForm(app, {
    'note.txt': Buffer.from('not a picture'),
    'cut.png': (await png(2)).subarray(0, 60),
  });
  assert.equal(response.statusCode, 415);
  const body = response.json();
  const [first, second] = answerOf(response).results;
  assert.ok(first !== undefined && 'error' in first && second !== undefined && 'error' in second);
  assert.equal(body.code, 'UNSUPPORTED_IMAGE');
  assert.deepEqual(first.error, {
    code: body.code,
    message: body.message,
    expected: body.expected,
    received: body.received,
  });
  assert.equal(second.error.code, 'IMAGE_UNDECODABLE');
  assert.equal(body.model.name, 'tiny');
});
