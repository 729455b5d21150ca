import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { modelDigest } from '../../runtime/model-digest.js';
import { openModelFile } from '../../runtime/model-file.js';
import { evaluate } from '../../train/evaluation.js';
import { realDataDir, withoutRealCifar10 } from '../fixtures/real-cifar10.js';

const models = new URL('../../../models/', import.meta.url);
const file = new URL('cifar10-deepcnn.onnx', models);

test('the card beside the shipped model is of this very file', async () => {
  const bytes = await readFile(file);
  const card = await readFile(new URL('cifar10-deepcnn.md', models), 'utf8');
  const { evaluation, network } = openModelFile(bytes).metadata;
  assert.ok(card.includes(modelDigest(bytes)));
  assert.ok(card.includes(`${bytes.length.toLocaleString('en')} bytes`));
  assert.ok(card.includes(`${(100 * evaluation!.precisionAt1).toFixed(2)} %`));
  assert.ok(card.includes(`${(100 * evaluation!.rawPrecisionAt1).toFixed(2)} %`));
  assert.equal(network.parameters, 1_068_298);
});

test('the shipped model has the accuracy it names', { skip: withoutRealCifar10 }, async () => {
  const source = fileURLToPath(file);
  const { result } = await evaluate({ source, dataset: 'cifar10', dataDir: realDataDir, split: 'test' });
  const claimed = openModelFile(await readFile(file)).metadata.evaluation!;
  assert.equal(result.count, 10_000);
  assert.ok(result.precisionAt1 >= 0.86, String(result.precisionAt1));
  // Another processor may round a tie the other way.
  assert.ok(Math.abs(result.precisionAt1 - claimed.precisionAt1) <= 3e-4, String(result.precisionAt1));
});
