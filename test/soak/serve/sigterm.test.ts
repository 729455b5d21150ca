import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { open } from '../../serve/connections.js';
import { png } from '../../serve/pictures.js';
import { form } from '../../serve/serving.js';
import { Client } from './client.js';
import { closedLoop } from './load.js';
import { asPicture, inTurn, questions } from './questions.js';
import { scaled } from './scale.js';
import { type Service, serve } from './service.js';

const skip = process.platform === 'win32' ? 'Windows has no signals to send' : false;

/** Names what is asked under load in the log. */
const mark = '&version=1';

/** Requests under load that the service has begun to serve; its log tells at level debug. */
const received = (service: Service) =>
  service.lines.filter((line) => line.includes('"msg":"incoming request"') && line.includes(mark)).length;

/** What may become of a request that comes after the signal: an answer, a closed door, or a connection cut before it was read. */
const afterwards = ['200', '503 SHUTTING_DOWN', 'lost: ECONNREFUSED', 'lost: ECONNRESET', 'lost: EPIPE'];

test('SIGTERM under load: whatever was accepted is answered, and the process leaves with 0', {
  skip,
}, async (t) => {
  for (let round = 0; round < scaled(8); round += 1) {
    const service = await serve(t, { args: ['--log-level', 'debug'] });
    const asked = (await questions(service.address)).map((one) => ({ ...one, path: one.path + mark }));
    const [lasting, brief] = [new Client(service.address), new Client(service.address, { keepAlive: false })];
    let gone = false;
    const load = Promise.all([
      closedLoop({ client: lasting, next: inTurn(asked) }, 48, () => !gone),
      closedLoop({ client: brief, next: inTurn(asked) }, 8, () => !gone),
    ]);
    await delay(500 + 50 * round);
    const began = performance.now();
    service.child.kill('SIGTERM');
    const end = await service.exited;
    const milliseconds = performance.now() - began;
    gone = true;
    const tallies = await load;
    for (const tally of tallies) {
      t.diagnostic(`left after ${milliseconds.toFixed(0)} ms: ${tally}`);
      assert.deepEqual(
        tally.verdicts.filter((word) => !afterwards.includes(word)),
        [],
      );
      assert.ok(tally.of('200') > 0);
    }
    assert.deepEqual(end, [0, null]);
    const answered = tallies.reduce((sum, tally) => sum + tally.of('200') + tally.of('503 SHUTTING_DOWN'), 0);
    assert.equal(answered, received(service), 'every request that the service saw has its answer');
    lasting.close();
    brief.close();
  }
});

test('a second SIGTERM leaves at once, whatever runs', { skip }, async (t) => {
  const { headers, payload } = await form(
    Object.fromEntries(
      await Promise.all(Array.from({ length: 32 }, async (_, seed) => [`${seed}.png`, await png(seed)])),
    ),
  );
  for (let round = 0; round < scaled(10); round += 1) {
    const service = await serve(t);
    const half = await open(service.address);
    half.on('error', () => undefined);
    half.write(
      'POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 100\r\n\r\nhalf',
    );
    const client = new Client(service.address);
    const underWay = Array.from({ length: 8 }, () =>
      client.send(asPicture(payload, headers['content-type'])),
    );
    await delay(20 + 10 * round);
    service.child.kill('SIGTERM');
    const other = new Client(service.address, { keepAlive: false });
    while ((await other.send({ method: 'GET', path: '/health/live' })).kind === 'answered');
    assert.equal(service.child.exitCode, null, 'the control: the half request still holds it');
    service.child.kill('SIGTERM');
    assert.deepEqual(await service.exited, [null, 'SIGTERM']); // SIGABRT: ONNX Runtime was unloaded under a run
    await Promise.all(underWay);
    client.close();
  }
});
