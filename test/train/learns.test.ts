import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { trainSmall } from './small-run.js';

const steps = 150;

async function lossesWith(learningRate: number, runs: string): Promise<readonly number[]> {
  const losses: number[] = [];
  await trainSmall({
    runs,
    steps,
    recipe: { ...flat, learningRate: () => learningRate },
    onEvent: (event) => event.kind === 'step' && losses.push(event.loss),
  });
  return losses;
}

const flat = { ...(await import('./small-run.js')).smallRecipe, labelSmoothing: 0 };

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('the loss on shapes falls, and does not without a learning rate', async (t) => {
  const runs = await temporaryFolder(t);
  const losses = await lossesWith(0.02, runs);
  assert.equal(losses.length, steps);
  const [first, last] = [mean(losses.slice(0, 10)), mean(losses.slice(-10))];
  assert.ok(last < 0.6 * first, `from ${first} to ${last}`);
  const still = await lossesWith(0, runs);
  const [begin, end] = [mean(still.slice(0, 10)), mean(still.slice(-10))];
  assert.ok(end > 0.8 * begin, `control: from ${begin} to ${end}`);
});
