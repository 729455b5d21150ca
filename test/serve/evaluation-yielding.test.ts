import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { defaultArchiveLimits } from '../../data/archive/limits.js';
import { defaultBatching } from '../../serve/batching-settings.js';
import { Decoder } from '../../serve/decoder.js';
import { type DecodeTraffic, openArchiveSource } from '../../serve/evaluations/archive-source.js';
import { spool } from '../../serve/evaluations/spool.js';
import { ModelRepository } from '../../serve/models/repository.js';
import { zipOf } from '../fixtures/archives.js';
import { tinyModel } from '../fixtures/model.js';
import { HandRunPool } from './hand-run-pool.js';

const never = new AbortController().signal;
const jpeg = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
  .jpeg()
  .toBuffer();

async function liveModel() {
  const observer = { loaded() {}, refused() {}, unloaded() {}, runFailed() {} };
  const models = new ModelRepository({ pool: new HandRunPool(1), batching: defaultBatching, observer });
  return models.load(tinyModel(), {});
}

async function sourceOf(traffic: DecodeTraffic) {
  const zip = zipOf(Array.from({ length: 5 }, (_, index) => ({ name: `cat/${index}`, content: jpeg })));
  const upload = await spool('photos.zip', Readable.from([zip]), 2 ** 20, never);
  const options = {
    upload,
    archiveLimits: defaultArchiveLimits,
    decodeLimits: { maxPixels: 1e6 },
    traffic,
  };
  return openArchiveSource(options, await liveModel(), never);
}

test('while pictures of requests are decoded, none of an archive is', async () => {
  let tell = (_busy: boolean): void => {};
  let watching = true;
  const traffic: DecodeTraffic = {
    watch(listener) {
      tell = listener;
      listener(true);
      return () => {
        watching = false;
      };
    },
  };
  const source = await sourceOf(traffic);
  let first: unknown;
  const asked = Promise.resolve(source.next(2)).then((batch) => {
    first = batch;
  });
  await sleep(100);
  assert.equal(first, undefined, 'it waits');
  tell(false);
  await asked;
  assert.deepEqual([...(await source.next(2))!.places], [2, 3]);
  tell(true);
  const waiting = Promise.resolve(source.next(2));
  waiting.catch(() => {}); // refused when the source closes under it, or the rest
  await source.close();
  assert.equal(watching, false, 'closing does not wait for the requests');
});

test('the decoder tells when requests keep it busy', async (t) => {
  const decoder = new Decoder({ maxPixels: 1e6 });
  t.after(() => decoder.close());
  const told: boolean[] = [];
  const unwatch = decoder.watch((busy) => told.push(busy));
  const frame = { height: 8, width: 8 };
  await Promise.all([1, 2, 3].map(() => decoder.decode(jpeg, frame, never)));
  await assert.rejects(decoder.decode(Buffer.from('x'), frame, never));
  assert.deepEqual(told, [false, true, false, true, false]);
  unwatch();
  await decoder.decode(jpeg, frame, never);
  assert.equal(told.length, 5);
});

test('an upload above the limit is cut off where it exceeds it', async () => {
  let sent = 0;
  const endless = Readable.from(
    (async function* () {
      for (;;) {
        sent += 1000;
        yield Buffer.alloc(1000);
      }
    })(),
  );
  await assert.rejects(spool('x', endless, 10_500, never), {
    code: 'REQUEST_TOO_LARGE',
    expected: 'an archive of at most 10500 bytes',
  });
  assert.ok(sent < 100_000, 'the rest is not taken');
});
