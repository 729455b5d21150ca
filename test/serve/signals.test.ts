import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open } from './connections.js';

async function startProcess(): Promise<{ child: ChildProcess; address: string }> {
  const program = fileURLToPath(new URL('./served-process.js', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, address: String(line).trim() };
}

const skip = process.platform === 'win32' ? 'Windows has no signals to send' : false;

test('a signal ends the process cleanly', { skip }, async () => {
  const { child, address } = await startProcess();
  assert.equal((await fetch(`${address}/health/ready`)).status, 200);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('a second signal leaves at once', { skip }, async () => {
  const { child, address } = await startProcess();
  const slow = await open(address);
  slow.on('error', () => undefined);
  slow.write(
    'POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 100\r\n\r\nhalf',
  );
  assert.equal((await fetch(`${address}/health/ready`)).status, 200);
  child.kill('SIGTERM');
  // Refused connections show that the first signal has arrived.
  for (let refused = false; !refused; ) {
    refused = await fetch(`${address}/health/ready`).then(
      () => false,
      () => true,
    );
  }
  assert.equal(child.exitCode, null, 'the control: the half request still holds it');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
});
