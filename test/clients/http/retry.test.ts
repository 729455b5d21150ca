import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KilnClient } from '../../../clients/http/client.js';
import { parseRetryAfter, waitMs } from '../../../clients/http/retry.js';
import { closedPort, hangUp, json, openScripted, refusal, silence, status } from './scripted-service.js';

const picture = Uint8Array.of(1, 2, 3);
const classification = { model: { name: 'tiny', version: '1', digest: '' }, results: [] };
const models = { default: null, models: [] };

/** Writes down how long it should have slept. */
function impatient(retries = 2) {
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => void slept.push(ms);
  return { slept, options: { retries, sleep, random: () => 0.5 } };
}

const order = { dataset: 'shapes', split: 'test' } as const;
const stream = () => new Blob([picture]).stream();
const calls = {
  get: (client: KilnClient) => client.models(),
  classify: (client: KilnClient) => client.classify(picture),
  'classify, whatever it costs': (client: KilnClient) => client.classify(picture, { replay: 'harmless' }),
  'classify a stream': (client: KilnClient) => client.classify(stream()),
  start: (client: KilnClient) => client.evaluations.start(order),
  'start an archive': (client: KilnClient) => client.evaluations.start({ archive: picture }),
  'start a stream': (client: KilnClient) => client.evaluations.start({ archive: stream() }),
  cancel: (client: KilnClient) => client.evaluations.cancel('x'),
  health: (client: KilnClient) => client.health(),
};

/** How many attempts each call makes where three are allowed and all fail so. */
const attempts = {
  'a full queue': [refusal('QUEUE_FULL'), 3, 3, 3, 3, 3, 3, 1, 3, 1],
  'a model that is not ready': [refusal('NOT_READY'), 3, 3, 3, 3, 3, 3, 1, 3, 1],
  'a service that closes': [refusal('SHUTTING_DOWN'), 3, 3, 3, 3, 3, 3, 1, 3, 1],
  'too many requests': [refusal('RATE_LIMITED'), 3, 3, 3, 3, 3, 3, 1, 3, 1],
  'a bad gateway': [status(502), 3, 1, 3, 1, 1, 1, 1, 1, 1],
  'having waited too long': [refusal('QUEUE_TIMEOUT'), 3, 1, 3, 1, 1, 1, 1, 1, 1],
  'a lost connection': [hangUp, 3, 1, 3, 1, 1, 1, 1, 1, 1],
  'a refusal for good': [refusal('MODEL_NOT_SERVED'), 1, 1, 1, 1, 1, 1, 1, 1, 1],
  'a failure': [refusal('INTERNAL'), 1, 1, 1, 1, 1, 1, 1, 1, 1],
} as const;

for (const [failure, [answer, ...expected]] of Object.entries(attempts)) {
  test(`after ${failure} a call is made again where that is safe`, async (t) => {
    for (const [index, [name, call]] of Object.entries(calls).entries()) {
      const { address, bodies } = await openScripted(t, answer);
      const client = new KilnClient(address, impatient().options);
      await call(client).catch(() => {});
      assert.equal(bodies.length, expected[index], name);
      assert.ok(
        bodies.every((body) => withoutBoundary(body) === withoutBoundary(bodies[0]!)),
        `${name}: the same again`,
      );
    }
  });
}

/** Every form has a boundary of its own. */
function withoutBoundary(body: Buffer): string {
  return body.toString('latin1').replace(/(?<=--)-*formdata-[\w-]+/g, 'boundary');
}

test('what never reached the service is sent again, but for a stream', async () => {
  const address = await closedPort();
  for (const [name, call] of Object.entries(calls)) {
    const { slept, options } = impatient();
    const client = new KilnClient(address, options);
    if (name === 'health') assert.equal((await client.health()).status, 'unreachable');
    else await assert.rejects(call(client), { code: 'SERVICE_UNREACHABLE', received: /ECONNREFUSED/ });
    assert.equal(slept.length, name === 'health' || name === 'start a stream' ? 0 : 2, name);
  }
});

test('the answer of a later attempt is the answer', async (t) => {
  const { address } = await openScripted(
    t,
    refusal('QUEUE_FULL'),
    refusal('NOT_READY'),
    json(classification),
  );
  assert.deepEqual(await new KilnClient(address, impatient().options).classify(picture), classification);
});

test('Retry-After is waited for, with a random time on top', async (t) => {
  const later = refusal('RATE_LIMITED', { 'retry-after': '7' });
  const { address } = await openScripted(t, later, refusal('QUEUE_FULL'), json(models));
  const { slept, options } = impatient();
  await new KilnClient(address, options).models();
  assert.deepEqual(slept, [7000 + 125, 250]);
});

test('who must wait beyond the deadline is told why at once', async (t) => {
  const { address, bodies } = await openScripted(t, refusal('RATE_LIMITED', { 'retry-after': '61' }));
  const { slept, options } = impatient();
  const client = new KilnClient(address, options);
  await assert.rejects(client.models(), { code: 'RATE_LIMITED', status: 429 });
  assert.deepEqual([bodies.length, slept], [1, []]);
  await assert.rejects(client.models({ timeoutMs: 100_000 }), { code: 'RATE_LIMITED' });
  assert.equal(slept.length, 2, 'the control: with more time it waits');
});

test('a call ends at its deadline, or when its signal aborts, while it waits for an answer or to try again', async (t) => {
  const silent = await openScripted(t, silence);
  const busy = await openScripted(t, refusal('QUEUE_FULL', { 'retry-after': '30' }));
  for (const { address } of [silent, busy]) {
    const client = new KilnClient(address);
    const controller = new AbortController();
    const call = client.models({ signal: controller.signal });
    setTimeout(() => controller.abort(new RangeError('enough')), 30);
    await assert.rejects(call, new RangeError('enough'));
    await assert.rejects(
      client.models({ signal: AbortSignal.abort('before') }),
      (reason) => reason === 'before',
    );
  }
  const slow = new KilnClient(silent.address, { timeoutMs: 30 });
  await assert.rejects(slow.models(), { name: 'ServiceError', code: 'SERVICE_TIMEOUT', status: undefined });
});

test('the deadline is for a stream of the caller too', async (t) => {
  const { address, bodies } = await openScripted(t, json(classification));
  const client = new KilnClient(address, { timeoutMs: 30 });
  const endless = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(picture) });
  await assert.rejects(client.classify(endless), { code: 'SERVICE_TIMEOUT' });
  const failing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new RangeError('disk')),
  });
  await assert.rejects(client.classify(failing), new RangeError('disk'));
  assert.equal(bodies.length, 0);
});

test('an answer that is none of the service is told apart', async (t) => {
  const client = new KilnClient((await openScripted(t, (response) => response.end('hello'))).address);
  await assert.rejects(client.models(), {
    code: 'SERVICE_ANSWER_UNREADABLE',
    received: 'no JSON but "hello"',
  });
  const elsewhere = new KilnClient((await openScripted(t, status(404))).address);
  await assert.rejects(elsewhere.models(), { code: 'SERVICE_ANSWER_UNREADABLE', status: 404 });
});

test('the waits grow, and are random up to their most', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7].map((made) => waitMs(made, undefined, () => 1));
  assert.deepEqual(longest, [250, 500, 1000, 2000, 4000, 8000, 8000]);
  assert.equal(
    waitMs(3, undefined, () => 0),
    0,
  );
});

test('Retry-After is seconds or a date', () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(parseRetryAfter('120', now), 120_000);
  assert.equal(parseRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', now), 5000);
  assert.equal(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
  for (const none of [null, '', 'soon', '-1 x']) assert.equal(parseRetryAfter(none, now), undefined);
});
