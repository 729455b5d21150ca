import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { KilnError } from '../../errors/errors.js';
import { newestCheckpoint } from '../../train/checkpoint.js';
import { allFinite } from '../../train/state.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { smallRecipe, trainSmall } from './small-run.js';

test('a loss that is not a number ends the run and keeps the last good checkpoint', async (t) => {
  const runs = await temporaryFolder(t);
  const recipe = {
    ...smallRecipe,
    learningRate: ({ step }: { step: number }) => (step < 4 ? 0.01 : 1e30),
  };
  const saved: number[] = [];
  await assert.rejects(
    trainSmall({
      runs,
      run: 'hot',
      recipe,
      checkpointSteps: 1,
      onEvent: (event) => event.kind === 'saved' && saved.push(event.step),
    }),
    (error: unknown) =>
      error instanceof KilnError &&
      error.code === 'TRAINING_DIVERGED' &&
      /^Model diverged with (loss = (NaN|-?Infinity)|weights that are not finite)$/.test(error.message),
  );
  const { state, metadata, damaged } = await newestCheckpoint(join(runs, 'hot', 'checkpoints'));
  assert.ok(metadata.step >= 4 && metadata.step === saved.at(-1));
  assert.ok(allFinite(state));
  assert.deepEqual(damaged, []);
});

test('NaN is reported in the words of the tutorial', async (t) => {
  const runs = await temporaryFolder(t);
  const recipe = { ...smallRecipe, learningRate: ({ step }: { step: number }) => (step === 2 ? NaN : 0.01) };
  await assert.rejects(
    trainSmall({ runs, recipe }),
    (error: unknown) =>
      error instanceof KilnError &&
      error.message === 'Model diverged with loss = NaN' &&
      error.received.endsWith('at step 3'),
  );
});
