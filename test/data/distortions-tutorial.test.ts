import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter, type ExampleKey, tutorialDistortions } from '../../data/distortions.js';
import { uniform } from '../../data/random.js';
import { noisyPictures } from '../fixtures/pictures.js';

const source = { height: 32, width: 32 };
const pixels = noisyPictures(1, 32, 32);

/** [row][column][channel] */
type Picture = number[][][];

const draw = ({ seed, epoch, example }: ExampleKey, place: number, which = 0) =>
  uniform(seed, epoch, example, 2 * place + which);

const valuesOf = (picture: Picture, channel?: number): number[] =>
  picture.flatMap((row) => row.flatMap((pixel) => (channel === undefined ? pixel : [pixel[channel]!])));
const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const map = (picture: Picture, f: (value: number, channel: number) => number): Picture =>
  picture.map((row) => row.map((pixel) => pixel.map(f)));

/** The definitions of tf.image, one at a time on nested lists, each with the draw that decides it. */
const steps = {
  crop: (picture: Picture, key: ExampleKey): Picture => {
    const top = Math.floor(draw(key, 0, 0) * 9);
    const left = Math.floor(draw(key, 0, 1) * 9);
    return picture.slice(top, top + 24).map((row) => row.slice(left, left + 24));
  },
  flip: (picture: Picture, key: ExampleKey): Picture =>
    draw(key, 1) < 0.5 ? picture.map((row) => row.toReversed()) : picture,
  brightness: (picture: Picture, key: ExampleKey): Picture => {
    const delta = -63 + draw(key, 2) * 126;
    return map(picture, (x) => x + delta);
  },
  contrast: (picture: Picture, key: ExampleKey): Picture => {
    const factor = 0.2 + draw(key, 3) * 1.6;
    const means = [0, 1, 2].map((c) => mean(valuesOf(picture, c)));
    return map(picture, (x, c) => (x - means[c]!) * factor + means[c]!);
  },
  standardise: (picture: Picture): Picture => {
    const values = valuesOf(picture);
    const centre = mean(values);
    const deviation = Math.sqrt(mean(values.map((x) => x * x)) - centre * centre);
    const divisor = Math.max(deviation, 1 / Math.sqrt(values.length));
    return map(picture, (x) => (x - centre) / divisor);
  },
} as const;

function expected(key: ExampleKey, order: readonly (keyof typeof steps)[]): number[] {
  let picture: Picture = Array.from({ length: 32 }, (_, row) =>
    Array.from({ length: 32 }, (_, column) => [...pixels.subarray((row * 32 + column) * 3).subarray(0, 3)]),
  );
  for (const name of order) picture = steps[name](picture, key);
  return [0, 1, 2].flatMap((c) => valuesOf(picture, c)); // [3, 24, 24]
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
}

const tutorialOrder = ['crop', 'flip', 'brightness', 'contrast', 'standardise'] as const;

test("the tutorial's distortions are tf.image's, in the tutorial's order", () => {
  const distorter = createDistorter(tutorialDistortions, source);
  const slot = new Float32Array(3 * 24 * 24);
  let flipped = 0;
  for (let example = 0; example < 20; example++) {
    const key = { seed: 9, epoch: 3, example };
    if (draw(key, 1) < 0.5) flipped++;
    distorter.distort(pixels, key, slot);
    assert.ok(largestDifference(slot, expected(key, tutorialOrder)) < 1e-5, `example ${example}`);
  }
  assert.ok(flipped > 0 && flipped < 20, 'both sides of the flip were seen');
});

test('control: a missing step, or standardisation before contrast, is told apart', () => {
  const distorter = createDistorter(tutorialDistortions, source);
  const slot = new Float32Array(3 * 24 * 24);
  // Brightness alone is undone by standardisation, so it is told apart without it (below).
  const wrong = [
    ['crop', 'brightness', 'contrast', 'standardise'],
    ['crop', 'flip', 'brightness', 'standardise', 'contrast'],
    ['crop', 'flip', 'brightness', 'contrast'],
  ] as const;
  const key = Array.from({ length: 50 }, (_, example) => ({ seed: 9, epoch: 3, example })).find(
    (candidate) => draw(candidate, 1) < 0.5,
  )!;
  distorter.distort(pixels, key, slot);
  for (const order of wrong) assert.ok(largestDifference(slot, expected(key, order)) > 0.1, order.join());
});

test('brightness and contrast leave values beyond 0 … 255 as they are', () => {
  const distorter = createDistorter(tutorialDistortions.slice(0, 4), source);
  const slot = new Float32Array(3 * 24 * 24);
  const seen = { below: false, above: false };
  for (let example = 0; example < 20; example++) {
    const key = { seed: 1, epoch: 0, example };
    distorter.distort(pixels, key, slot);
    assert.ok(largestDifference(slot, expected(key, tutorialOrder.slice(0, 4))) < 1e-3, `example ${example}`);
    const withoutBrightness = expected(key, ['crop', 'flip', 'contrast']);
    assert.ok(largestDifference(slot, withoutBrightness) > 0.1, 'control: brightness shows');
    seen.below ||= slot.some((x) => x < 0);
    seen.above ||= slot.some((x) => x > 255);
  }
  assert.deepEqual(seen, { below: true, above: true });
});
