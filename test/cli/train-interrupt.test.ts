import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newestCheckpoint } from '../../train/checkpoint.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const kiln = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} writes a checkpoint and ends with 130`, async (t) => {
    const runs = await temporaryFolder(t);
    const options = ['--dataset', 'shapes', '--batch', '2', '--steps', '1000000', '--device', 'cpu'];
    const child = spawn(process.execPath, [kiln, 'train', ...options, '--runs', runs, '--run', 'cut'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes(': step 0, loss = ')) child.kill(signal);
    }
    assert.deepEqual(await exited, [130, null]);
    const { metadata } = await newestCheckpoint(join(runs, 'cut', 'checkpoints'));
    assert.ok(metadata.step >= 1 && metadata.step < 1_000_000);
    assert.match(lines.at(-1)!, new RegExp(`^interrupted at step ${metadata.step} after `));
  });
}
