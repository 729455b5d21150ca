import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { supervise } from '../../serve/supervise.js';
import { kilnProgram } from '../cli/kiln.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const crashing = fileURLToPath(new URL('./crashing-process.js', import.meta.url));
const policy = { firstDelayMs: 1, longestDelayMs: 2, crashes: 2, withinMs: 60_000 };
const skip = process.platform === 'linux' ? false : 'finds the child in /proc, and sends signals';

async function supervised(...args: string[]): Promise<{ code: number; reports: string[] }> {
  const reports: string[] = [];
  const code = await supervise(crashing, args, (line) => reports.push(line), policy);
  return { code, reports };
}

test('a process that crashes again and again is given up, with its code', { skip }, async () => {
  const bySignal = await supervised('serving', 'SIGSEGV');
  assert.equal(bySignal.code, 128 + 11);
  assert.deepEqual(bySignal.reports, [
    'the service ended by SIGSEGV; it starts again in 1 ms',
    'the service ended by SIGSEGV; it starts again in 2 ms',
    'the service ended by SIGSEGV, 3 times within 60 s: given up',
  ]);
  const byCode = await supervised('serving', '7');
  assert.deepEqual([byCode.code, byCode.reports.length], [7, 3]);
});

test('a native crash while starting is one; a refusal to start, and a good end, are not', {
  skip,
}, async () => {
  assert.equal((await supervised('starting', 'SIGABRT')).reports.length, 3);
  assert.deepEqual(await supervised('starting', '1'), { code: 1, reports: [] });
  assert.deepEqual(await supervised('serving', '0'), { code: 0, reports: [] });
});

test('every signal is handed on, and what follows is no crash', { skip }, async (t) => {
  const file = join(await temporaryFolder(t), 'count');
  const counted = async (count: string) => {
    while ((await readFile(file, 'utf8').catch(() => '')) !== count) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const ended = supervised('serving', 'SIGTERM', file);
  for (const count of ['0', '1']) {
    await counted(count);
    process.kill(process.pid, 'SIGTERM');
  }
  assert.deepEqual(await ended, { code: 9, reports: [] });
});

async function startKiln(t: TestContext) {
  const file = join(await temporaryFolder(t), 'tiny.onnx');
  await writeFile(file, tinyModel());
  const args = [
    'serve',
    file,
    '--supervise',
    '--port',
    '0',
    '--device',
    'cpu',
    '--workers',
    '1',
    '--no-page',
  ];
  const parent = spawn(process.execPath, [kilnProgram, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => parent.kill('SIGKILL'));
  const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
  const address = async () => {
    const { value: line } = await lines.next();
    const [found] = /http:\S+/.exec(line ?? '') ?? [];
    assert.ok(found !== undefined, line);
    return found;
  };
  return { parent, address, reported: text(parent.stderr) };
}

/** The only child of a process. */
async function childOf({ pid }: ChildProcess): Promise<number> {
  const [child, ...others] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  assert.deepEqual(others, []);
  return Number(child);
}

const status = async (address: string) => (await fetch(`${address}/health/ready`)).status;

test('a service that crashes serves again; SIGTERM ends both, cleanly', { skip }, async (t) => {
  const { parent, address, reported } = await startKiln(t);
  assert.equal(await status(await address()), 200);
  const first = await childOf(parent);
  process.kill(first, 'SIGSEGV');
  const again = await address();
  assert.equal(await status(again), 200);
  assert.notEqual(await childOf(parent), first);
  parent.kill('SIGTERM');
  assert.deepEqual(await once(parent, 'exit'), [0, null]);
  await assert.rejects(status(again));
  assert.equal(await reported, 'kiln: the service ended by SIGSEGV; it starts again in 100 ms\n');
});

test('nobody is left behind when the supervisor is killed', { skip }, async (t) => {
  const { parent, address } = await startKiln(t);
  const served = await address();
  const child = await childOf(parent);
  parent.kill('SIGKILL');
  for (let alive = true; alive; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      process.kill(child, 0);
    } catch {
      alive = false;
    }
  }
  await assert.rejects(status(served));
});
