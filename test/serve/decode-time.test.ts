import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { Decoder } from '../../serve/decoder.js';
import { InstantPool } from './hand-run-pool.js';
import { png } from './pictures.js';
import { openAppOn, post, postForm, refusalOf } from './serving.js';

/** Takes some hundred milliseconds to decode. */
const slow = sharp({ create: { width: 4000, height: 4000, channels: 3, background: '#777777' } })
  .png()
  .toBuffer();

test('a picture that takes too long is refused; its neighbours and the next are not', async (t) => {
  const app = await openAppOn(t, new InstantPool(1), { limits: { decodeMs: 5 } });
  const refused = await post(app, await slow);
  assert.equal(refused.statusCode, 422);
  assert.equal(refusalOf(refused).code, 'DECODE_TIMEOUT');
  assert.equal(refusalOf(refused).expected, 'a picture that is decoded within 5 ms');
  const beside = await postForm(app, { 'slow.png': await slow, 'good.png': await png(1) });
  assert.equal(beside.statusCode, 200, beside.body);

  const patient = await openAppOn(t, new InstantPool(1));
  assert.equal((await post(patient, await slow)).statusCode, 200, 'the control: with the default limit');
});

test('the decoder is as it was after pictures that took too long', async (t) => {
  const decoder = new Decoder({ maxPixels: 50_000_000, decodeMs: 20 });
  t.after(() => decoder.close());
  const frame = { height: 32, width: 32 };
  const never = new AbortController().signal;
  const bytes = await slow;
  const several = [1, 2, 3].map(() => decoder.decode(bytes, frame, never));
  for (const outcome of await Promise.allSettled(several)) {
    assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'DECODE_TIMEOUT');
  }
  const small = await sharp(bytes).resize(64).jpeg().toBuffer();
  let decoded: Uint8Array | undefined;
  // A busy machine may take longer than the limit for this one as well.
  while (decoded === undefined) {
    decoded = await decoder.decode(small, frame, never).then(
      (reply) => reply.frame,
      () => undefined,
    );
  }
  assert.equal(decoded.length, 32 * 32 * 3);
});
