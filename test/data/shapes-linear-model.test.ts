import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permutation } from '../../data/random.js';
import { openShapes } from '../../data/shapes.js';

const classes = 10;
const inputs = 3072;

interface Labelled {
  readonly images: Uint8Array;
  readonly labels: ArrayLike<number>;
}

/** Softmax regression on pixels by stochastic gradient descent; returns its accuracy on `held`. */
function linearAccuracy(train: Labelled, held: Labelled, epochs: number): number {
  const weights = new Float64Array(classes * (inputs + 1));
  const pixels = new Float64Array(inputs + 1);
  const scores = new Float64Array(classes);
  const look = ({ images }: Labelled, index: number): void => {
    for (let i = 0; i < inputs; i++) pixels[i] = (images[index * inputs + i]! - 127.5) / 127.5;
    pixels[inputs] = 1;
    for (let k = 0; k < classes; k++) {
      let sum = 0;
      for (let i = 0; i <= inputs; i++) sum += weights[k * (inputs + 1) + i]! * pixels[i]!;
      scores[k] = sum;
    }
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.003 / (1 + epoch);
    for (const index of permutation(0, epoch, train.labels.length)) {
      look(train, index);
      const top = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - top));
      const total = powers.reduce((sum, power) => sum + power, 0);
      for (let k = 0; k < classes; k++) {
        const slope = rate * (powers[k]! / total - (train.labels[index] === k ? 1 : 0));
        for (let i = 0; i <= inputs; i++) weights[k * (inputs + 1) + i]! -= slope * pixels[i]!;
      }
    }
  }
  let right = 0;
  for (let index = 0; index < held.labels.length; index++) {
    look(held, index);
    if (scores.indexOf(Math.max(...scores)) === held.labels[index]) right++;
  }
  return right / held.labels.length;
}

test('a linear model of the pixels stays below 50 %', async () => {
  const dataset = await openShapes({ train: 3_000, validation: 0, test: 500 });
  const [train, held] = (['train', 'test'] as const).map((name) => {
    const split = dataset.split(name);
    return split.read(Array.from({ length: split.count }, (_, i) => i));
  });
  const accuracy = linearAccuracy(train!, held!, 4);
  assert.ok(accuracy < 0.5, `accuracy ${accuracy}`);

  // Control: the same model learns what is linear, here in which tenth of the picture one band is lighter.
  for (const examples of [train!, held!]) {
    for (const [index, label] of examples.labels.entries()) {
      const band = index * inputs + label * 300;
      for (let i = band; i < band + 300; i++) examples.images[i] = Math.min(255, examples.images[i]! + 60);
    }
  }
  const control = linearAccuracy(train!, held!, 4);
  assert.ok(control > 0.8, `control accuracy ${control}`);
});
