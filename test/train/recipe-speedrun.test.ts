import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistorter } from '../../data/distortions.js';
import { deepcnn } from '../../networks/deepcnn.js';
import { speednet } from '../../networks/speednet.js';
import { resolveOptimizer } from '../../train/recipe.js';
import { speedrun } from '../../train/recipes/speedrun.js';

test('the rate falls in a straight line to 0', () => {
  const at = (share: number) => ({
    step: share * 200,
    totalSteps: 200,
    batch: 2000,
    examples: share * 400_000,
    totalExamples: 400_000,
  });
  assert.deepEqual(
    [0, 0.25, 0.5, 1].map((share) => speedrun.learningRate(at(share))),
    [1, 0.75, 0.5, 0],
  );
});

test('the head moves apart from the filters and the biases', () => {
  const optimizer = resolveOptimizer(speedrun.optimizer, speednet, 10);
  assert.ok(optimizer.kind === 'muon');
  assert.deepEqual(optimizer.excluded, ['head/weights']);
  // The source adds up the losses of a batch where a mean is taken here.
  assert.equal(optimizer.last?.rate, 335);
  assert.equal(optimizer.vectors?.rate, 26.5);
  assert.equal(optimizer.matrixRate, 0.12);
});

test('its distortions end at the size and the normalisation of the network', () => {
  const source = { height: 32, width: 32 };
  const { input, preprocessing } = speednet;
  const { height, width } = createDistorter(speedrun.distortions(input, preprocessing), source);
  assert.deepEqual([height, width], [32, 32]);
  assert.equal(speedrun.distortions(input, preprocessing).at(-1)?.kind, 'normalise');
  assert.equal(speedrun.distortions(deepcnn.input, deepcnn.preprocessing).at(-1)?.kind, 'standardise');
});
