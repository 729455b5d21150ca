import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kilnProgram } from './kiln.js';

test('serve says where it serves, has a page, and leaves on SIGTERM', async (t) => {
  const file = join(await temporaryFolder(t), 'tiny.onnx');
  await writeFile(file, tinyModel({ name: 'served' }));
  const options = [
    '--port',
    '0',
    '--device',
    'cpu',
    '--workers',
    '1',
    '--max-batch',
    '8',
    '--max-delay',
    '1',
  ];
  const child = spawn(process.execPath, [kilnProgram, 'serve', file, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const [, address] =
    /^kiln serves served on (http:\/\/127\.0\.0\.1:\d+) \(cpu, 1 worker; Ctrl-C ends it\)$/.exec(line) ?? [];
  assert.ok(address !== undefined, line);

  const card = await (await fetch(`${address}/model`)).text();
  assert.match(card, /"name":"served"/);
  assert.match(card, /"maxBatch":8,"maxDelayMs":1,/);
  const page = await fetch(address);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);

  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});
