import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outlines } from '../../data/outlines.js';
import { openShapes } from '../../data/shapes.js';

const small = { train: 100, validation: 20, test: 30 };

test('the default splits hold 9,000, 1,000 and 2,000 pictures, the same number of each class', async () => {
  const dataset = await openShapes();
  assert.equal(dataset.labels.length, 10);
  assert.deepEqual([dataset.height, dataset.width], [32, 32]);
  const expected = { train: 900, validation: 100, 'train+validation': 1_000, test: 200 } as const;
  for (const name of ['train', 'validation', 'train+validation', 'test'] as const) {
    const { rows, labels } = dataset.split(name).share();
    const counts = new Array<number>(10).fill(0);
    for (const row of rows) counts[labels[row]!]!++;
    assert.deepEqual(counts, new Array(10).fill(expected[name]), name);
  }
  // Changing what is drawn makes figures of older models incomparable: it must be meant.
  assert.equal(dataset.digest, '9adb2d641c033068054a31dfb08b6b4ad55c48ce54a8fe117b384e972d463130');
});

test('the same sizes give the same bytes, and no two pictures are the same', async () => {
  const [one, two] = await Promise.all([openShapes(small), openShapes(small)]);
  const { images } = one.split('train').share();
  assert.deepEqual(images, two.split('train').share().images);
  assert.equal(one.digest, two.digest);
  const pictures = new Set<string>();
  for (let i = 0; i < 150; i++) {
    pictures.add(Buffer.from(images.subarray(i * 3072, (i + 1) * 3072)).toString('hex'));
  }
  assert.equal(pictures.size, 150);
});

test('every figure is its own mirror image, so that a flip changes no class', () => {
  for (const [name, outline] of Object.entries(outlines)) {
    for (let x = 0; x <= 1.5; x += 0.05) {
      for (let y = -1.5; y <= 1.5; y += 0.05)
        assert.equal(outline(x, y), outline(-x, y), `${name} at ${x}, ${y}`);
    }
  }
  // Control: the same check tells a figure that leans.
  const leaning = (x: number, y: number) => Math.abs(x - y / 4) - 0.3;
  assert.notEqual(leaning(0.5, 1), leaning(-0.5, 1));
});

test('every figure lies within 1.25 radii of its centre and covers some of it', () => {
  for (const [name, outline] of Object.entries(outlines)) {
    let inside = 0;
    for (let x = -2; x <= 2; x += 0.02) {
      for (let y = -2; y <= 2; y += 0.02) {
        if (outline(x, y) >= 0) continue;
        inside++;
        assert.ok(Math.hypot(x, y) <= 1.25, `${name} reaches ${x}, ${y}`);
      }
    }
    assert.ok(inside * 0.02 ** 2 > 0.4, `${name} has an area of ${inside * 0.02 ** 2}`);
  }
});
