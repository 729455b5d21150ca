import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkpointName } from '../../train/checkpoint.js';
import type { TrainEvent } from '../../train/trainer.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { abortAfter, trainSmall } from './small-run.js';

test('a run that was interrupted twice ends with the bytes of one that was not', async (t) => {
  const runs = await temporaryFolder(t);
  const whole = await trainSmall({ runs, run: 'whole', readers: 2 });

  const first = await trainSmall({ runs, run: 'parts', readers: 0, ...abortAfter(3) });
  assert.deepEqual([first.status, first.step, first.validation], ['interrupted', 3, null]);
  const second = await trainSmall({ runs, resume: 'parts', readers: 3, ...abortAfter(8) });
  assert.deepEqual([second.status, second.step], ['interrupted', 8]);
  const last = await trainSmall({ runs, resume: 'parts', readers: 1 });
  assert.deepEqual([last.status, last.step, last.validation], ['finished', 12, whole.validation]);

  const expected = await readFile(whole.checkpoint);
  assert.ok(expected.equals(await readFile(last.checkpoint)), 'the bytes of the last checkpoints differ');

  const other = await trainSmall({ runs, run: 'other', seed: 1 });
  assert.ok(!expected.equals(await readFile(other.checkpoint)), 'control: another seed gives other bytes');
});

test('a resumed run writes each row of metrics.csv once', async (t) => {
  const runs = await temporaryFolder(t);
  await assert.rejects(trainSmall({ runs, run: 'rows', checkpointSteps: 5, ...failAfter(12) }), /gone/);
  const folder = join(runs, 'rows');
  // Without the checkpoint of the failure, as kill -9 leaves a run, the newest is that of step 10: step 11 comes again.
  await rm(join(folder, 'checkpoints', checkpointName(12)));
  const steps = async () =>
    (await readFile(join(folder, 'metrics.csv'), 'utf8'))
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(',')[0]);
  assert.deepEqual(await steps(), ['1', '7', '11']);
  await trainSmall({ runs, resume: 'rows' });
  assert.deepEqual(await steps(), ['1', '7', '11', '12', '12']);
});

/** Fails as a watcher might. */
function failAfter(step: number) {
  return {
    onEvent(event: TrainEvent) {
      if (event.kind === 'step' && event.step === step) throw new Error('gone');
    },
  };
}

test('a finished run that is resumed stays as it is', async (t) => {
  const runs = await temporaryFolder(t);
  const { checkpoint, validation } = await trainSmall({ runs, run: 'done', steps: 4 });
  const before = await readFile(checkpoint);
  const again = await trainSmall({ runs, resume: 'last' });
  assert.deepEqual([again.status, again.step, again.checkpoint], ['finished', 4, checkpoint]);
  assert.deepEqual(again.validation, validation);
  assert.ok(before.equals(await readFile(checkpoint)));
});
