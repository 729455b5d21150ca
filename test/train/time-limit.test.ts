import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { loadCheckpoint } from '../../train/checkpoint.js';
import { companion } from '../../train/step-graph.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { trainSmall } from './small-run.js';

test('a run of five seconds plans its steps beforehand, and its rates come to their end with them', async (t) => {
  const runs = await temporaryFolder(t);
  const rates: number[] = [];
  const { step, folder } = await trainSmall({
    runs,
    seconds: 5,
    validateEpochs: 50,
    onEvent: (event) => event.kind === 'step' && rates.push(event.rates.learningRate),
  });
  const { choices, totalSteps } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  assert.deepEqual(choices.length, { steps: totalSteps });
  assert.equal(choices.seconds, 5);
  assert.ok(step > 12, `${step} steps: more than the recipe's own twelve`);
  assert.equal(rates[0], 0.05);
  if (step === totalSteps) assert.ok(rates.at(-1)! < 0.05 / (step - 1));
});

test('a run whose time is up ends with a checkpoint, and stays ended when it is resumed', async (t) => {
  const runs = await temporaryFolder(t);
  // The machine slows down once the steps are planned.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const onEvent = (event: { kind: string }) => {
    if (event.kind === 'step') Atomics.wait(pause, 0, 0, 1000);
  };
  const first = await trainSmall({ runs, run: 'late', seconds: 4, onEvent });
  assert.equal(first.status, 'out of time');
  const again = await trainSmall({ runs, resume: 'late' });
  assert.deepEqual([again.status, again.step], ['out of time', first.step]);
});

test('a time excludes a number of epochs or steps', async (t) => {
  const runs = await temporaryFolder(t);
  await assert.rejects(trainSmall({ runs, seconds: 5, steps: 3 }), {
    code: 'OPTION_INVALID',
    received: '3 steps and 5 seconds',
  });
  await assert.rejects(trainSmall({ runs, seconds: 0 }), { code: 'OPTION_INVALID' });
});

test('without averages both sets of weights are the same', async (t) => {
  const runs = await temporaryFolder(t);
  const differing = async (ema: boolean) => {
    const { checkpoint } = await trainSmall({ runs, ema, steps: 3 });
    const { tensors } = (await loadCheckpoint(checkpoint)).state;
    const pairs = ['conv1/weights', 'softmax_linear/biases'].map((name) => [name, companion.ema(name)]);
    return pairs.filter(
      ([raw, averaged]) => !isDeepStrictEqual(tensors.get(raw!)!.data, tensors.get(averaged!)!.data),
    ).length;
  };
  assert.equal(await differing(false), 0);
  assert.equal(await differing(true), 2, 'control: averages lag behind');
});
