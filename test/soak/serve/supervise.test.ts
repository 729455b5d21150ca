import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf, noProcessTable } from '../../fixtures/child-processes.js';
import { Client } from './client.js';
import { closedLoop } from './load.js';
import { inTurn, questions } from './questions.js';
import { serve } from './service.js';

/** After so many within a minute a crash is the last. */
const borne = 5;

/** A process that is started again has to find the port of the one before. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a server on a port, never a pipe
  server.close();
  return port;
}

test('a native crash under load costs the requests under way, and a new process serves', {
  skip: noProcessTable,
}, async (t) => {
  const service = await serve(t, { port: await freePort(), args: ['--supervise'] });
  const served = (): number | undefined => childrenOf(service.child.pid)[0];
  const asked = await questions(service.address);
  const client = new Client(service.address);
  t.after(() => client.close());
  let crashing = true;
  const underLoad = closedLoop({ client, next: inTurn(asked) }, 16, () => crashing);
  for (let crash = 0; crash < borne; crash += 1) {
    await delay(200);
    process.kill(served()!, 'SIGSEGV');
    const [question] = asked;
    do await delay(50);
    while (question!.judge(await client.send(question!)) !== '200');
  }
  crashing = false;
  const load = await underLoad;
  t.diagnostic(`${borne} crashes: ${load}`);
  const lost = ['lost: ECONNREFUSED', 'lost: ECONNRESET', 'lost: EPIPE'];
  assert.deepEqual(
    load.verdicts.filter((word) => word !== '200' && !lost.includes(word)),
    [],
  );
  const told = service.lines.filter((line) => line.includes('ended by SIGSEGV'));
  assert.equal(told.length, borne);

  process.kill(served()!, 'SIGSEGV');
  assert.deepEqual(await service.exited, [139, null], 'one more is the last: 128 and the number of SIGSEGV');
});

test('SIGTERM to the supervisor ends both, and both cleanly', { skip: noProcessTable }, async (t) => {
  const service = await serve(t, { args: ['--supervise'] });
  const [served] = childrenOf(service.child.pid);
  service.child.kill('SIGTERM');
  assert.deepEqual(await service.exited, [0, null]);
  assert.throws(() => process.kill(served!, 0), { code: 'ESRCH' });
});
