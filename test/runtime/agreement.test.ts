import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { loadWebClassifier } from '../../runtime/onnxruntime-web.js';
import { frames } from '../fixtures/frames.js';
import { tinyModel } from '../fixtures/model.js';

const count = 5;
const images = frames(count);

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

test('onnxruntime-web’s WebAssembly agrees with onnxruntime-node', async (t) => {
  const native = await loadClassifier(tinyModel(), { device: 'cpu', threads: 1 });
  const web = await loadWebClassifier(tinyModel());
  const other = await loadClassifier(tinyModel({ seed: 1 }), { device: 'cpu', threads: 1 });
  t.after(() => Promise.all([native.close(), web.close(), other.close()]));
  const expected = await native.classify(images, count);

  assert.ok(largestDifference(await web.classify(images, count), expected) <= 1e-5);
  assert.equal(web.digest, native.digest);
  assert.deepEqual(web.metadata, native.metadata);

  await t.test('control: other weights, or another order, do not agree', async () => {
    assert.ok(largestDifference(await other.classify(images, count), expected) > 1e-3);
    const [first, rest] = [images.subarray(0, 3072), images.subarray(3072)];
    const turned = await native.classify(Uint8Array.from([...rest, ...first]), count);
    assert.ok(largestDifference(turned, expected) > 1e-3);
  });
});

for (const [name, load] of Object.entries({
  'onnxruntime-node': (bytes: Uint8Array) => loadClassifier(bytes, { device: 'cpu', threads: 1 }),
  'onnxruntime-web': loadWebClassifier,
})) {
  test(`${name}: rows are probabilities, and batches of the wrong size are refused`, async (t) => {
    const classifier = await load(tinyModel());
    t.after(() => classifier.close());
    const probabilities = await classifier.classify(images, count);
    for (let row = 0; row < count; row += 1) {
      const sum = probabilities.subarray(row * 10, row * 10 + 10).reduce((total, p) => total + p, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, String(sum));
    }
    for (const wrong of [0, 4, 1.5]) {
      await assert.rejects(classifier.classify(images, wrong), {
        code: 'SHAPE_MISMATCH',
        received: /15360 bytes/,
      });
    }
  });

  test(`${name}: a cut file is refused`, async () => {
    const file = tinyModel();
    await assert.rejects(load(file.subarray(0, file.length >> 1)), { code: 'MODEL_INVALID' });
  });
}
