import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { uniform } from '../../../data/random.js';
import { open } from '../../serve/connections.js';
import { png } from '../../serve/pictures.js';
import { form } from '../../serve/serving.js';
import { Client } from './client.js';
import { assertFlat, watchMemory } from './flat-memory.js';
import { closedLoop } from './load.js';
import { comesDownTo, noProcessFigures, openDescriptors } from './process-figures.js';
import { inTurn, questions } from './questions.js';
import { scaled } from './scale.js';
import { serve } from './service.js';

const seed = 20_151_130;

interface Upload {
  readonly head: string;
  readonly body: Buffer;
}

/** A picture as it is, and a form with two. */
async function uploads(): Promise<readonly Upload[]> {
  const head = (type: string, body: Buffer) =>
    `POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const [small, large] = [await png(1), await png(2, 200)]; // one decoded with the run, one by the decoder before it
  const { headers, payload } = await form({ 'a.png': small, 'b.png': large });
  return [
    { head: head('image/png', small), body: small },
    { head: head('image/png', large), body: large },
    { head: head(headers['content-type'], payload), body: payload },
  ];
}

const places = ['in the headers', 'in the body', 'before the answer'] as const;

test('thousands of uploads that are cut anywhere leave nothing behind', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const service = await serve(t);
  const asked = await questions(service.address);
  const descriptors = noProcessFigures === false ? openDescriptors(service.child.pid) : 0;
  const kinds = await uploads();
  const cuts = new Map<(typeof places)[number], number>();

  /** Sends the beginning of a request and is gone: by a reset, or by an end like that of a process. */
  const cut = async (index: number): Promise<void> => {
    const draw = (salt: number) => uniform(seed + salt, index);
    const { head, body } = kinds[Math.floor(draw(1) * kinds.length)]!;
    const place = places[Math.floor(draw(2) * places.length)]!;
    cuts.set(place, (cuts.get(place) ?? 0) + 1);
    const socket = await open(service.address);
    socket.on('error', () => undefined);
    const bytes = Buffer.concat([Buffer.from(head), body]);
    const end = {
      'in the headers': draw(3) * head.length,
      'in the body': head.length + draw(3) * body.length,
      'before the answer': bytes.length,
    }[place];
    await new Promise<void>((resolve) => socket.write(bytes.subarray(0, Math.floor(end)), () => resolve()));
    await delay(draw(4) * 10);
    if (draw(5) < 0.5) socket.resetAndDestroy();
    else socket.destroy();
  };

  /** Cuts `count` requests, sixteen at a time, while others are served. */
  const round = async (first: number, count: number): Promise<void> => {
    const client = new Client(service.address);
    let next = first;
    let cutting = 16;
    const cutters = Array.from({ length: cutting }, async () => {
      while (next < first + count) {
        next += 1;
        await cut(next - 1);
      }
      cutting -= 1;
    });
    const others = await closedLoop({ client, next: inTurn(asked) }, 48, () => cutting > 0);
    await Promise.all(cutters);
    t.diagnostic(`everyone else: ${others}`);
    assert.deepEqual(others.verdicts, ['200']);
    await service.idle();
    client.close();
  };

  const count = scaled(2000, 60);
  await round(0, count); // buffers and heap grow to what this needs
  const memory = noProcessFigures === false ? watchMemory(service.child.pid, 100) : () => [];
  for (let first = count; first < 4 * count; first += count) await round(first, count);
  const looks = memory();
  t.diagnostic(`cut: ${JSON.stringify(Object.fromEntries(cuts))}`);

  const statistics = await service.idle();
  const { abandoned, expired, refused } = statistics;
  t.diagnostic(`${abandoned} left while they waited`);
  assert.ok(abandoned > 0 && abandoned <= cuts.get('before the answer')!);
  assert.deepEqual([expired, refused], [0, 0]);
  if (noProcessFigures === false) {
    assertFlat(t, looks, { window: Math.ceil(looks.length / 3), tolerance: 0.1 });
    const left = await comesDownTo(descriptors, () => openDescriptors(service.child.pid));
    t.diagnostic(`descriptors: ${descriptors} before, ${left} after`);
    assert.ok(left <= descriptors);
  }
  assert.deepEqual(service.lines, []);
});
