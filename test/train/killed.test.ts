import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newestCheckpoint } from '../../train/checkpoint.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { trainSmall } from './small-run.js';

const program = fileURLToPath(new URL('train-process.js', import.meta.url));

/** Runs until a line of the process is `moment`, then kills it with no chance to tidy up. */
async function killAt(moment: string, runs: string, how: 'begin' | 'resume'): Promise<void> {
  const child = spawn(process.execPath, [program, runs, how], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let seen = false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== moment) continue;
    seen = true;
    child.kill('SIGKILL');
  }
  await exited;
  assert.ok(seen, `the process ended before "${moment}"`);
}

test('kill -9 at five moments leaves a run that resumes to the same bytes', async (t) => {
  const runs = await temporaryFolder(t);
  // "step" comes before the step's checkpoint is written, "saved" after it.
  const moments = ['step 1', 'step 3', 'saved 5', 'validated 7', 'step 11'];
  for (const [index, moment] of moments.entries()) {
    await killAt(moment, runs, index === 0 ? 'begin' : 'resume');
  }
  const newest = await newestCheckpoint(join(runs, 'killed', 'checkpoints'));
  assert.ok(newest.metadata.step >= 7, `the newest checkpoint is that of step ${newest.metadata.step}`);
  const { checkpoint, step } = await trainSmall({ runs, resume: 'killed' });
  const whole = await trainSmall({ runs, run: 'whole' });
  assert.equal(step, whole.step);
  assert.ok((await readFile(whole.checkpoint)).equals(await readFile(checkpoint)));
});
