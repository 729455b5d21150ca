import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { KilnError } from '../../errors/errors.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { evaluate } from '../../train/evaluation.js';
import { tinycnn, tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { smallShapes, trainSmall } from './small-run.js';

const common = { dataset: smallShapes, network: tinycnn, device: 'cpu', threads: 1 } as const;

test('a file is measured on each picture once', async (t) => {
  const bytes = tinyModel({ labels: smallShapes.labels });
  const source = join(await temporaryFolder(t), 'tiny.onnx');
  await writeFile(source, bytes);
  const { result, weights, split } = await evaluate({ ...common, source });
  assert.deepEqual([weights, split], ['ema', 'test']);

  // Independently: one picture at a time, counted by hand. 130 pictures are one whole batch and a rest.
  const classifier = await loadClassifier(bytes, { device: 'cpu', threads: 1 });
  t.after(() => classifier.close());
  const test = smallShapes.split('test');
  const confusion = smallShapes.labels.map(() => smallShapes.labels.map(() => 0));
  let [correct, inTop5] = [0, 0];
  for (let index = 0; index < test.count; index += 1) {
    const { images, labels } = test.read([index]);
    const probabilities = [...(await classifier.classify(images, 1))];
    const ranking = probabilities
      .map((_, label) => label)
      .sort((a, b) => probabilities[b]! - probabilities[a]!);
    const label = labels[0]!;
    confusion[label]![ranking[0]!]! += 1;
    if (ranking[0] === label) correct += 1;
    if (ranking.slice(0, 5).includes(label)) inTop5 += 1;
  }
  assert.equal(result.count, 130);
  assert.deepEqual(result.confusion, confusion);
  assert.equal(result.precisionAt1, correct / 130);
  assert.equal(result.top5, inTop5 / 130);
  assert.ok(result.interval[0] <= result.precisionAt1 && result.precisionAt1 <= result.interval[1]);
  assert.ok(result.imagesPerSecond > 0);
  assert.deepEqual(Object.keys(result).sort(), [
    'confusion',
    'count',
    'imagesPerSecond',
    'interval',
    'perClass',
    'precisionAt1',
    'top5',
  ]);
});

test("a run's newest checkpoint answers as its trainer did, with either set of weights", async (t) => {
  const runs = await temporaryFolder(t);
  const { validation, run, checkpoint } = await trainSmall({ runs, steps: 30 });
  const measure = async (source: string, weights: 'ema' | 'raw') =>
    (await evaluate({ ...common, runs, source, weights, split: 'validation' })).result;
  const [ema, raw] = [await measure(run, 'ema'), await measure(run, 'raw')];
  assert.deepEqual({ ema: ema.precisionAt1, raw: raw.precisionAt1 }, validation);
  assert.equal(ema.count, 30);
  const { imagesPerSecond: _, ...byPath } = await measure(checkpoint, 'raw');
  const { imagesPerSecond: __, ...byName } = raw;
  assert.deepEqual(byPath, byName);
  assert.notDeepEqual(ema.confusion, raw.confusion, 'control: the two sets of weights differ');
});

test('other labels, other weights and what is not there are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const source = join(folder, 'tiny.onnx');
  await writeFile(source, tinyModel());
  const code = (expected: string) => (error: unknown) =>
    error instanceof KilnError && error.code === expected;
  await assert.rejects(evaluate({ ...common, source }), code('DATASET_MISMATCH'));
  await assert.rejects(evaluate({ ...common, source, weights: 'raw' }), code('OPTION_INVALID'));
  await assert.rejects(evaluate({ ...common, source: join(folder, 'no.onnx') }), code('MODEL_NOT_FOUND'));
  await assert.rejects(evaluate({ ...common, source: 'no', runs: folder }), code('RUN_NOT_FOUND'));
  await assert.rejects(
    evaluate({ ...common, source: join(folder, 'no.safetensors') }),
    code('CHECKPOINT_NOT_FOUND'),
  );
});
