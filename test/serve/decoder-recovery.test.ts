import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { Decoder } from '../../serve/decoder.js';

const frame = { height: 32, width: 32 };
const never = new AbortController().signal;
const photo = sharp({ create: { width: 64, height: 64, channels: 3, background: '#123456' } })
  .jpeg()
  .toBuffer();

/** The next `deaths` pictures that a thread is given end it. */
function killThreads(t: TestContext, deaths: number): void {
  let left = deaths;
  const { postMessage } = Worker.prototype;
  t.mock.method(
    Worker.prototype,
    'postMessage',
    function (this: Worker, ...args: Parameters<typeof postMessage>) {
      left -= 1;
      if (left < 0) postMessage.apply(this, args);
      else void this.terminate(); // it is idle: nothing native is at work
    },
  );
}

test('a picture whose thread ends is decoded by the next', async (t) => {
  const decoder = new Decoder({ maxPixels: 10_000 });
  t.after(() => decoder.close());
  killThreads(t, 1);
  const pictures = [1, 2, 3].map(async () => decoder.decode(await photo, frame, never));
  for (const { frame: pixels } of await Promise.all(pictures)) assert.equal(pixels.length, 32 * 32 * 3);
});

test('control: one that ends two threads fails, and the next picture does not', async (t) => {
  const decoder = new Decoder({ maxPixels: 10_000 });
  t.after(() => decoder.close());
  killThreads(t, 2);
  await assert.rejects(decoder.decode(await photo, frame, never), { code: 'INTERNAL' });
  assert.equal((await decoder.decode(await photo, frame, never)).frame.length, 32 * 32 * 3);
});
