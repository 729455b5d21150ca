import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatStep, formatTime } from '../../train/log.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { trainSmall } from './small-run.js';

/** As cifar10_train.py prints it: '%s: step %d, loss = %.2f (%.1f examples/sec; %.3f sec/batch)'. */
const tutorialLine =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: step \d+, loss = \d+\.\d\d \(\d+\.\d examples\/sec; \d+\.\d{3} sec\/batch\)$/;

const example = '2026-11-23 10:11:12.131415: step 10, loss = 4.66 (533.8 examples/sec; 0.240 sec/batch)';

test('a step is logged as in the tutorial, character for character', () => {
  const time = new Date(2026, 10, 23, 10, 11, 12).getTime() + 131.415;
  const values = { step: 10, loss: 4.6601, examplesPerSecond: 533.83, secondsPerBatch: 0.23978 };
  assert.equal(formatStep({ time, ...values }), example);
  assert.match(example, tutorialLine);
  assert.doesNotMatch(example.replace('4.66', '4.660'), tutorialLine, 'control');
});

test('every field of the time has its full width', () => {
  assert.equal(formatTime(new Date(2026, 0, 2, 3, 4, 5).getTime() + 0.0061), '2026-01-02 03:04:05.000006');
  assert.equal(formatTime(new Date(2026, 0, 2, 3, 4, 5).getTime()), '2026-01-02 03:04:05.000000');
});

test('steps 0, 10, 20 … are logged, to the watcher and to log.txt alike', async (t) => {
  const runs = await temporaryFolder(t);
  const seen: string[] = [];
  const { folder } = await trainSmall({
    runs,
    steps: 21,
    onEvent(event) {
      if (event.kind === 'logged') seen.push(event.text);
    },
  });
  const logged = (await readFile(join(folder, 'log.txt'), 'utf8'))
    .split('\n')
    .filter((l) => tutorialLine.test(l));
  assert.deepEqual(logged, seen);
  assert.deepEqual(
    logged.map((line) => /step (\d+),/.exec(line)?.[1]),
    ['0', '10', '20'],
  );
});
