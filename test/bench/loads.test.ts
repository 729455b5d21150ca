import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { loadByAutocannon, sendRequests } from '../../bench/serve/generators/autocannon.js';
import type { HttpRequests } from '../../bench/serve/generators/load.js';
import { loadAtRate } from '../../bench/serve/generators/open-loop.js';
import { loadByWrk } from '../../bench/serve/generators/wrk.js';
import { percentile } from '../../bench/serve/statistics.js';

const requests: HttpRequests = {
  path: '/classify',
  headers: { 'content-type': 'image/png' },
  bodies: [Buffer.from([0, 255, 10]), Buffer.from([13, 0])],
  pictures: 1,
};

async function listen(t: TestContext, answer: (request: IncomingMessage, body: Buffer) => Promise<number>) {
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray());
    response.writeHead(await answer(request, body), { 'content-length': 2 }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}`;
}

test('a percentile is one of the numbers (nearest rank)', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  assert.deepEqual([percentile(numbers, 0.5), percentile(numbers, 0.99), percentile(numbers, 0)], [5, 10, 1]);
});

for (const [name, generator] of [
  ['autocannon', loadByAutocannon],
  ['wrk', loadByWrk],
] as const) {
  test(`${name} sends every body as it is and refuses what is not a 2xx`, async (t) => {
    const received = new Set<string>();
    let status = 200;
    const url = await listen(t, async (request, body) => {
      assert.equal(request.headers['content-type'], 'image/png');
      received.add(body.toString('hex'));
      return status;
    });
    const load = { url, requests, connections: 2, seconds: name === 'wrk' ? 1 : 0.2 };
    const outcome = await generator(load).catch((error) => error);
    if (name === 'wrk' && outcome.code === 'OPTION_INVALID') return t.skip('wrk is not installed');
    assert.ok(outcome.answers > 1 && outcome.latency.p50 <= outcome.latency.p99);
    assert.deepEqual([...received].sort(), ['00ff0a', '0d00']);
    status = 503;
    await assert.rejects(generator(load), /2xx/);
  });
}

test('a load of so many requests sends just as many', async (t) => {
  let count = 0;
  const url = await listen(t, async () => {
    count += 1;
    return 200;
  });
  const { answers } = await sendRequests({ url, requests, connections: 4 }, 101);
  assert.deepEqual([answers, count], [101, 101]);
});

test('an open loop sends on time, on as many connections as that takes', async (t) => {
  let open = 0;
  let most = 0;
  const url = await listen(t, async () => {
    open += 1;
    most = Math.max(most, open);
    await delay(50);
    open -= 1;
    return 200;
  });
  const result = await loadAtRate({ url, requests, perSecond: 200, seconds: 0.3 });
  assert.equal(result.answers, 60);
  // 50 ms at 200 a second are 10 under way at once; a closed loop would have one and take 3 s.
  assert.ok(most > 1 && result.connections >= most, `${most} at once, ${result.connections} connections`);
  assert.ok(result.latency.p50 >= 49, `p50 ${result.latency.p50}`); // timers may fire a fraction early
});

test('an open loop refuses an answer that is not a 2xx', async (t) => {
  const url = await listen(t, async () => 503);
  await assert.rejects(loadAtRate({ url, requests, perSecond: 100, seconds: 0.1 }), /no 2xx.* 503/);
});
