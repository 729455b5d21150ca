import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadClassifier } from '../../runtime/node-classifier.js';
import type { BatchStatistics } from '../../serve/batch-statistics.js';
import type { Classification } from '../../serve/classify.js';
import { tinyModel } from '../fixtures/model.js';
import { noise, picture, png } from './pictures.js';
import { answerOf, openApp, post, postForm } from './serving.js';

const tolerance = 1e-6;

test('64 concurrent requests share runs, and each answer equals a run of its own', async (t) => {
  const app = await openApp(t, { workers: 2 });
  const files = await Promise.all(Array.from({ length: 64 }, (_, seed) => png(seed)));
  const responses = await Promise.all(files.map((file) => post(app, file, { top: '10' })));
  const answers = responses.map((response) => answerOf(response));
  const { meanBatch, rows } = (await app.inject('/statistics')).json<BatchStatistics>();
  assert.equal(rows, 64);
  assert.ok(meanBatch >= 4, `mean batch ${meanBatch}`);

  const classifier = await loadClassifier(tinyModel(), { device: 'cpu', threads: 1 });
  t.after(() => classifier.close());
  const distance = async (answer: Classification, seed: number) => {
    const expected = await classifier.classify(noise(seed), 1);
    const [result] = answer.results;
    assert.ok(result !== undefined && 'predictions' in result);
    return Math.max(
      ...result.predictions.map(({ index, probability }) => Math.abs(probability - expected[index]!)),
    );
  };
  for (const [seed, answer] of answers.entries()) assert.ok((await distance(answer, seed)) <= tolerance);
  assert.ok((await distance(answers[0]!, 1)) > tolerance, 'the control: answers are not interchangeable');
});

test('32 pictures of one request are one run, whatever decodes them', async (t) => {
  const app = await openApp(t, { workers: 2 });
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  const files = await Promise.all(
    Array.from({ length: 32 }, async (_, seed) => [
      `${seed}`,
      seed % 2 === 0 ? await png(seed) : await picture(seed).webp({ lossless: true }).toBuffer(),
    ]),
  );
  const response = await postForm(app, Object.fromEntries(files));
  assert.equal(response.statusCode, 200);
  assert.ok(answerOf(response).results.every((result) => 'predictions' in result));
  const { batches, sizes } = (await app.inject('/statistics')).json<BatchStatistics>();
  assert.deepEqual([batches, sizes[32]], [1, 1]);
  assert.deepEqual(warnings, []);
});
