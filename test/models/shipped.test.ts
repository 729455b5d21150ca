import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDataset } from '../../data/registry.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { openModelFile } from '../../runtime/model-file.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { evaluate } from '../../train/evaluation.js';
import { realDataDir, withoutRealCifar10 } from '../fixtures/real-cifar10.js';

const models = new URL('../../../models/', import.meta.url);
const shipped = { 'cifar10-deepcnn': 1_068_298, 'cifar10-speednet': 1_971_640 };
const fileOf = (name: string) => new URL(`${name}.onnx`, models);

for (const [name, parameters] of Object.entries(shipped)) {
  test(`the card beside ${name} is of this very file`, async () => {
    const bytes = await readFile(fileOf(name));
    const card = await readFile(new URL(`${name}.md`, models), 'utf8');
    const { evaluation, network } = openModelFile(bytes).metadata;
    assert.ok(card.includes(modelDigest(bytes)));
    assert.ok(card.includes(`${bytes.length.toLocaleString('en')} bytes`));
    assert.ok(card.includes(`${(100 * evaluation!.precisionAt1).toFixed(2)} %`));
    assert.ok(card.includes(`${(100 * evaluation!.rawPrecisionAt1).toFixed(2)} %`));
    assert.equal(network.parameters, parameters);
  });
}

test('cifar10-deepcnn has the accuracy it names', { skip: withoutRealCifar10 }, async () => {
  const file = fileOf('cifar10-deepcnn');
  const source = fileURLToPath(file);
  const { result } = await evaluate({ source, dataset: 'cifar10', dataDir: realDataDir, split: 'test' });
  const claimed = openModelFile(await readFile(file)).metadata.evaluation!;
  assert.equal(result.count, 10_000);
  assert.ok(result.precisionAt1 >= 0.86, String(result.precisionAt1));
  // Another processor may round a tie the other way.
  assert.ok(Math.abs(result.precisionAt1 - claimed.precisionAt1) <= 3e-4, String(result.precisionAt1));
});

test('cifar10-speednet is right on as many of the first 500 test pictures', {
  skip: withoutRealCifar10,
}, async () => {
  // All 10,000, six views of each, would take minutes.
  const { images, labels } = (await openDataset({ name: 'cifar10', dataDir: realDataDir }))
    .split('test')
    .read(Array.from({ length: 500 }, (_, index) => index));
  const classifier = await loadClassifier(await readFile(fileOf('cifar10-speednet')), {
    device: 'cpu',
    threads: availableParallelism(),
  });
  try {
    const probabilities = await classifier.classify(images, labels.length);
    const classes = classifier.metadata.labels.length;
    const right = labels.filter((label, index) => {
      const own = probabilities.subarray(index * classes, (index + 1) * classes);
      return own[label] === Math.max(...own);
    }).length;
    const claimed = classifier.metadata.evaluation!.precisionAt1;
    assert.ok(Math.abs(right / labels.length - claimed) < 0.03, `${right} of ${labels.length}`); // three standard errors
  } finally {
    await classifier.close();
  }
});
