import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileCard, networkCard } from '../../export/card.js';
import { inspectFile } from '../../export/inspect.js';
import { summariseNetwork } from '../../export/layers.js';
import { deepcnn } from '../../networks/deepcnn.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { tinyModel } from '../fixtures/model.js';

const summary = inspectFile(tinyModel());

test('a card names what is in the file', () => {
  const card = fileCard(summary);
  for (const line of [
    /^tiny\n====\n/,
    /^Labels {4}airplane, automobile, .*, truck$/m,
    /^Accuracy {2}not measured/m,
    /^Picture {3}32×32 RGB; any other is brought to it: oriented, sRGB/m,
    /^Inside {4}centre crop 24×24, per-image-standardisation$/m,
    /^Input {5}images uint8 \[batch, 32, 32, 3\]$/m,
    /^Network {3}tinycnn: 3,498 parameters, 0\.3 M multiply-adds a picture$/m,
    new RegExp(`^sha256 {4}${modelDigest(tinyModel())}$`, 'm'),
    /^File .* bytes, opset 18, IR version 8$/m,
    /^conv1\/weights +8×3×5×5 +600$/m,
    / 3,498$/,
  ]) {
    assert.match(card, line);
  }
});

test('accuracy stands with its interval and the raw figure', () => {
  const evaluation = {
    split: 'test',
    count: 10_000,
    precisionAt1: 0.8642,
    interval: [0.8573, 0.8708] as [number, number],
    top5: 0.9931,
    rawPrecisionAt1: 0.8511,
  };
  const card = fileCard({ ...summary, metadata: { ...summary.metadata, evaluation } });
  assert.match(
    card,
    /precision @ 1: 86\.42 % \(95 % interval 85\.73 to 87\.08 %, 10,000 pictures of test\)\n +top 5: 99\.31 %; 85\.11 % without averaged weights\n/,
  );
});

test('no line of a card is empty or ends in blanks but the one above the table', () => {
  const lines = fileCard(summary).split('\n');
  assert.equal(lines.filter((line) => line === '').length, 1);
  assert.deepEqual(
    lines.filter((line) => line !== line.trimEnd()),
    [],
  );
});

test("a network's card sums up its layers", () => {
  const card = networkCard('deepcnn', summariseNetwork(deepcnn, 10));
  assert.match(card, /^deepcnn: 1,068,298 parameters, 18\.5 M multiply-adds a picture\n/);
  assert.match(card, /^conv2 +64×12×12 +64×64×5×5, 64 +102,464 +14,745,600$/m);
  assert.match(card, /^ +1,068,298 +18,470,784$/m);
});
