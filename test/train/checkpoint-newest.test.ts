import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { KilnError } from '../../errors/errors.js';
import { listCheckpoints, newestCheckpoint } from '../../train/checkpoint.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { trainSmall } from './small-run.js';

test('a damaged checkpoint is passed over, said so, and the run resumes from the one before', async (t) => {
  const runs = await temporaryFolder(t);
  const { folder, checkpoint } = await trainSmall({ runs, run: 'one', steps: 6, checkpointSteps: 2 });
  assert.equal((await newestCheckpoint(join(folder, 'checkpoints'))).metadata.step, 6, 'control');
  await truncate(checkpoint, 1000);

  const found = await newestCheckpoint(join(folder, 'checkpoints'));
  assert.equal(found.metadata.step, 4);
  assert.deepEqual(
    found.damaged.map(({ path, error }) => [path, error.code]),
    [[checkpoint, 'CHECKPOINT_CORRUPT']],
  );

  const messages: string[] = [];
  const result = await trainSmall({
    runs,
    resume: 'one',
    onEvent: (event) => event.kind === 'message' && messages.push(event.text),
  });
  assert.deepEqual([result.status, result.step], ['finished', 6]);
  assert.ok(messages.some((text) => text.startsWith(`passed over ${checkpoint}`)));
  assert.ok(messages.includes('resumed at step 4'));
  assert.equal((await newestCheckpoint(join(folder, 'checkpoints'))).metadata.step, 6);
});

test('a run without a whole checkpoint begins again', async (t) => {
  const runs = await temporaryFolder(t);
  const { folder } = await trainSmall({ runs, run: 'one', steps: 3 });
  for (const path of await listCheckpoints(join(folder, 'checkpoints'))) await writeFile(path, 'no');
  await assert.rejects(
    newestCheckpoint(join(folder, 'checkpoints')),
    (error: unknown) => error instanceof KilnError && error.code === 'CHECKPOINT_NOT_FOUND',
  );
  const result = await trainSmall({ runs, resume: 'one' });
  assert.deepEqual([result.status, result.step], ['finished', 3]);
});
