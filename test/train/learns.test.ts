import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { smallRecipe, trainSmall } from './small-run.js';

/** The mean loss of the first and of the last ten of so many steps. */
async function lossesWith(learningRate: number, steps: number, runs: string) {
  const losses: number[] = [];
  await trainSmall({
    runs,
    steps,
    recipe: { ...smallRecipe, labelSmoothing: 0, learningRate: () => learningRate },
    onEvent: (event) => event.kind === 'step' && losses.push(event.loss),
  });
  assert.equal(losses.length, steps);
  return { first: mean(losses.slice(0, 10)), last: mean(losses.slice(-10)) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('the loss on shapes falls, and does not without a learning rate', async (t) => {
  const runs = await temporaryFolder(t);
  const learning = await lossesWith(0.02, 100, runs);
  assert.ok(learning.last < 0.7 * learning.first, `from ${learning.first} to ${learning.last}`);
  const still = await lossesWith(0, 30, runs);
  assert.ok(still.last > 0.8 * still.first, `control: from ${still.first} to ${still.last}`);
});
