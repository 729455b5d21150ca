import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { tinyModel } from '../fixtures/model.js';
import { open, received } from './connections.js';
import { HandRunPool, turn } from './hand-run-pool.js';
import { png } from './pictures.js';
import { openAppOn, startApp } from './serving.js';

async function probes(app: FastifyInstance) {
  const [live, ready] = [await app.inject('/health/live'), await app.inject('/health/ready')];
  return [live.statusCode, ready.statusCode, ready.json().code];
}

test('a service is ready as long as one of its models answers', async (t) => {
  const { app, models, close } = await startApp({ source: tinyModel({ name: 'tiny' }) });
  t.after(close);
  assert.deepEqual(await probes(app), [200, 200, undefined]);
  await models.load(tinyModel(), { name: 'tiny', version: '2' });
  models.unload('tiny', '1');
  assert.deepEqual(await probes(app), [200, 200, undefined]);
  models.unload('tiny', '2');
  assert.deepEqual(await probes(app), [200, 503, 'NOT_READY']);
});

test('a file that is refused takes nothing away', async (t) => {
  const { app, models, close } = await startApp({ source: tinyModel({ name: 'tiny' }) });
  t.after(close);
  await assert.rejects(models.load(Buffer.from('no model'), { name: 'tiny', version: '1' }));
  assert.deepEqual(await probes(app), [200, 200, undefined]);
});

test('a service without threads lives and is not ready', async (t) => {
  assert.deepEqual(await probes(await openAppOn(t, new HandRunPool(0))), [200, 503, 'NOT_READY']);
});

test('while requests are drained the service lives', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool);
  const socket = await open(await app.listen({ port: 0 }));
  const answers = received(socket);
  const picture = await png(1);
  socket.write(
    `POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: ${picture.length}\r\n\r\n`,
  );
  socket.write(picture);
  await pool.begun(1);
  const closing = app.close();
  await turn();
  socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'); // closing.test.ts asks for readiness instead
  await turn();
  pool.batches[0]!.finish();
  await closing;
  assert.deepEqual(
    Array.from((await answers).matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status),
    ['200', '200'],
  );
});

const skip = process.platform === 'win32' ? 'Windows has no signals to send' : false;

test('a process logs what happens to it, a line of JSON each', { skip }, async () => {
  const program = fileURLToPath(new URL('./logging-process.js', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, exit] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.deepEqual(exit, [0, null]);
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const told = lines.map(({ msg }) => String(msg).replace(/http:.*/, '…'));
  assert.deepEqual(told, [
    'model loaded',
    'Server listening at …',
    'closing: what was accepted is answered',
    'closed',
  ]);
  assert.deepEqual([lines[0].model, lines[0].version, lines[0].provider], ['tiny', '1', 'cpu']);
});
