import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepcnn } from '../../networks/deepcnn.js';
import type { Position } from '../../train/recipe.js';
import { tutorial } from '../../train/recipes/tutorial.js';

function at(step: number, batch = 128): Position {
  const totalSteps = 1_000_000;
  return { step, totalSteps, batch, examples: step * batch, totalExamples: totalSteps * batch };
}

test("the tutorial's constants", () => {
  assert.equal(tutorial.batch, 128);
  assert.deepEqual(tutorial.length, { steps: 1_000_000 });
  assert.deepEqual(tutorial.optimizer, { kind: 'sgd' });
  assert.equal(tutorial.weightDecay, 'network');
  assert.equal(tutorial.labelSmoothing, 0);
  assert.deepEqual(tutorial.distortions(deepcnn.input, deepcnn.preprocessing), [
    { kind: 'random-crop', height: 24, width: 24 },
    { kind: 'random-flip' },
    { kind: 'random-brightness', maxDelta: 63 },
    { kind: 'random-contrast', lower: 0.2, upper: 1.8 },
    { kind: 'standardise' },
  ]);
  assert.equal(
    tutorial.announcement,
    'Filling queue with 20000 CIFAR images before starting to train. This will take a few minutes.',
  );
});

test('the learning rate falls to a tenth every 136,718 steps', () => {
  assert.equal(tutorial.learningRate(at(0)), 0.1);
  assert.equal(tutorial.learningRate(at(136_717)), 0.1);
  assert.ok(Math.abs(tutorial.learningRate(at(136_718)) - 0.01) < 1e-15);
  assert.ok(Math.abs(tutorial.learningRate(at(2 * 136_718)) - 0.001) < 1e-15);
  // int(50000 / 64 · 350): the staircase counts epochs, not steps.
  assert.equal(tutorial.learningRate(at(273_436, 64)), 0.1);
  assert.ok(tutorial.learningRate(at(273_437, 64)) < 0.011);
});

test('the average follows young weights closely and settles at 0.9999', () => {
  // num_updates counts the step whose weights are averaged: it is 1 at the first.
  assert.equal(tutorial.emaDecay(at(0)), 2 / 11);
  assert.equal(tutorial.emaDecay(at(9)), 11 / 20);
  assert.ok(tutorial.emaDecay(at(80_000)) < 0.9999);
  assert.equal(tutorial.emaDecay(at(90_000)), 0.9999);
});
