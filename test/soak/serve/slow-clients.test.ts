import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { open, received } from '../../serve/connections.js';
import { png } from '../../serve/pictures.js';
import { Client } from './client.js';
import { closedLoop } from './load.js';
import { comesDownTo, noProcessFigures, openDescriptors } from './process-figures.js';
import { inTurn, questions } from './questions.js';
import { scaled } from './scale.js';
import { serve } from './service.js';

const head = (type: string, length: number) =>
  `POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;

/** What each sends at once, and what it then dribbles without ever coming to an end. */
const slow = {
  'the request line': { atOnce: '', dribbled: `GET /${'x'.repeat(10_000)}` },
  headers: { atOnce: 'POST /classify HTTP/1.1\r\n', dribbled: 'x: '.padEnd(10_000, 'y') },
  'a picture': { atOnce: head('image/png', 10_000), dribbled: await png(1) },
  'a form': {
    atOnce: head('multipart/form-data; boundary=x', 10_000),
    dribbled: `--x\r\ncontent-disposition: form-data; name="a"; filename="a.png"\r\n\r\n${'y'.repeat(9000)}`,
  },
  nothing: { atOnce: '', dribbled: '' },
} as const;

/** Sends a byte every so often until the other side ends; resolves to what it answered. */
async function dribble(socket: Socket, bytes: Uint8Array): Promise<string> {
  let ended = false;
  const text = received(socket).finally(() => {
    ended = true;
  });
  for (const [at] of bytes.entries()) {
    await delay(250);
    if (ended || socket.destroyed) break;
    socket.write(bytes.subarray(at, at + 1));
  }
  return text;
}

/** Its status, or how else the connection ended. */
const wordOf = (answer: string) =>
  /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? `cut after ${answer.length} bytes`;

test('hundreds who dribble are cut off, and meanwhile everyone else is served', async (t) => {
  const service = await serve(t);
  const asked = await questions(service.address);
  const descriptors = noProcessFigures === false ? openDescriptors(service.child.pid) : 0;
  const client = new Client(service.address);
  const load = { client, next: inTurn(asked) };
  const each = scaled(150);
  const words = new Map(Object.keys(slow).map((what) => [what, new Map<string, number>()]));
  let connected = 0;
  const began = performance.now();
  const dribblers = Object.entries(slow).flatMap(([what, { atOnce, dribbled }]) =>
    Array.from({ length: each }, async () => {
      const socket = await open(service.address);
      socket.on('error', () => undefined); // a reset is an end like any other
      connected += 1;
      socket.write(atOnce);
      const word = wordOf(await dribble(socket, Buffer.from(dribbled)));
      const seen = words.get(what)!;
      seen.set(word, (seen.get(word) ?? 0) + 1);
    }),
  );
  let allEnded = false;
  const ended = Promise.all(dribblers).finally(() => {
    allEnded = true;
  });
  const good = await closedLoop(load, 4, () => !allEnded);
  await ended;
  t.diagnostic(
    `${connected} slow connections ended within ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  for (const [what, seen] of words) t.diagnostic(`${what}: ${JSON.stringify(Object.fromEntries(seen))}`);
  t.diagnostic(`everyone else: ${good}`);
  assert.deepEqual(good.verdicts, ['200']);
  for (const seen of words.values()) assert.deepEqual([...seen.keys()], ['408']);

  await service.idle();
  client.close();
  if (noProcessFigures === false) {
    const left = await comesDownTo(descriptors, () => openDescriptors(service.child.pid));
    t.diagnostic(`descriptors: ${descriptors} before, ${left} after`);
    assert.ok(left <= descriptors);
  }
  assert.deepEqual(service.lines, []);
});
