import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import fastify, { type FastifyInstance } from 'fastify';
import { openTracing, type TracingOptions, traceRequests } from '../../serve/tracing/tracing.js';
import { tinyModel } from '../fixtures/model.js';
import { attributesOf, type CollectedSpan, openCollector } from './collector.js';
import { HandRunPool, turn } from './hand-run-pool.js';
import { picture, png } from './pictures.js';
import { form, openApp, openAppOn, post, startApp } from './serving.js';

const { cache } = createRequire(import.meta.url);
const sdkIsLoaded = () => Object.keys(cache).some((path) => path.includes('sdk-trace-base'));

/** What a service sent to a collector while `ask` was answered, and when it closed. */
async function traced(t: TestContext, ask: (app: FastifyInstance) => Promise<unknown>) {
  const collector = await openCollector(t);
  const { app, close } = await startApp({
    source: tinyModel({ name: 'tiny' }),
    otlpEndpoint: `${collector.endpoint}/`,
  });
  await ask(app);
  await close();
  return collector;
}

function named(spans: readonly CollectedSpan[], name: string): CollectedSpan {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `one span ${name} among ${spans.map((span) => span.name)}`);
  return found[0]!;
}

const durationMs = ({ startTimeUnixNano, endTimeUnixNano }: CollectedSpan) =>
  Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6;

test('without an endpoint nothing of OpenTelemetry’s SDK is loaded', async (t) => {
  const app = await openApp(t);
  assert.equal((await post(app, await png(1))).statusCode, 200);
  assert.equal(sdkIsLoaded(), false);
});

test('a request continues the trace of its traceparent', async (t) => {
  const [traceId, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  let timing = { queueMs: 0, decodeMs: 0, inferenceMs: 0 };
  const { spans, paths, resources } = await traced(t, async (app) => {
    const response = await app.inject({
      method: 'POST',
      url: '/classify?top=1',
      headers: {
        'content-type': 'image/png',
        'user-agent': 'tester',
        traceparent: `00-${traceId}-${parent}-01`,
      },
      payload: await png(1),
    });
    timing = response.json().results[0].timing;
  });
  assert.ok(sdkIsLoaded(), 'the control of the test before');
  assert.deepEqual(paths, ['/v1/traces']);
  assert.equal(resources[0]?.['service.name'], 'kiln');
  const server = named(spans, 'POST /classify');
  assert.deepEqual([server.traceId, server.parentSpanId, server.status.code], [traceId, parent, 0]);
  assert.deepEqual(attributesOf(server), {
    'http.request.method': 'POST',
    'http.route': '/classify',
    'http.response.status_code': 200,
    'url.path': '/classify',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'client.address': '127.0.0.1',
    'user_agent.original': 'tester',
    'kiln.model': 'tiny',
    'kiln.version': '1',
    'kiln.rows': 1,
  });
  const steps = ['prepare', 'queue', 'decode', 'inference'].map((name) => named(spans, name));
  for (const step of steps) {
    assert.deepEqual([step.traceId, step.parentSpanId], [traceId, server.spanId]);
  }
  const ends = steps.map((step) => step.endTimeUnixNano);
  assert.deepEqual(
    steps.slice(1).map((step) => step.startTimeUnixNano),
    ends.slice(0, -1),
    'each begins where the one before ends',
  );
  const [, , decode, inference] = steps.map(durationMs);
  assert.ok(Math.abs(decode! - timing.decodeMs) < 0.001, `${decode} ms`);
  assert.ok(Math.abs(inference! - timing.inferenceMs) < 0.001, `${inference} ms`);
  assert.equal(spans.length, 5);
});

test('a picture that is decoded before it queues is prepared for as long', async (t) => {
  let decodeMs = 0;
  const { spans } = await traced(t, async (app) => {
    const response = await post(app, await picture(1, 300).jpeg().toBuffer(), { type: 'image/jpeg' });
    decodeMs = response.json().results[0].timing.decodeMs;
  });
  assert.ok(durationMs(named(spans, 'prepare')) > decodeMs * 0.9);
});

test('a request that is divided has the spans of each run', async (t) => {
  const collector = await openCollector(t);
  const { app, close } = await startApp({ maxBatch: 2, otlpEndpoint: collector.endpoint });
  const small = await png(1);
  await app.inject({ method: 'POST', url: '/classify', ...(await form({ a: small, b: small, c: small })) });
  await close();
  const runs = collector.spans.filter(({ name }) => name === 'inference');
  assert.deepEqual(
    runs.map((run) => attributesOf(run)['kiln.batch_rows']),
    [2, 1],
  );
});

test('without a traceparent that fits a trace begins', async (t) => {
  const { spans } = await traced(t, async (app) => {
    await app.inject({ url: '/nowhere?key=secret', headers: { traceparent: '00-nonsense-01' } });
  });
  const server = named(spans, 'GET');
  assert.equal(server.parentSpanId, undefined);
  const { 'http.response.status_code': status, 'http.route': route } = attributesOf(server);
  assert.deepEqual([status, route, server.status.code], [404, undefined, 0]);
  assert.doesNotMatch(JSON.stringify(spans), /secret/);
});

test('probes and scrapes are not traced, and neither is what the caller does not sample', async (t) => {
  const { spans } = await traced(t, async (app) => {
    await app.inject('/health/live');
    await app.inject('/health/ready');
    await app.inject('/metrics');
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    await app.inject({ url: '/statistics', headers: { traceparent } });
    await app.inject('/models'); // the control
  });
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['GET /models'],
  );
});

test('an answer that is the service’s fault is an error of the span', async (t) => {
  const collector = await openCollector(t);
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool, { otlpEndpoint: collector.endpoint });
  const answer = post(app, await png(1));
  await pool.begun(1);
  pool.batches[0]!.fail(new Error('lost'));
  assert.equal((await answer).statusCode, 500);
  await app.close();
  const server = named(collector.spans, 'POST /classify');
  assert.deepEqual([server.status.code, attributesOf(server)['error.type']], [2, '500']);
});

/** An app that does nothing but trace, with what it logs. */
async function tracedRoute(options: TracingOptions) {
  const stream = new PassThrough();
  const app = fastify({ logger: { level: 'info', stream } });
  await app.register(traceRequests, { tracing: await openTracing(options) });
  app.get('/', async (request) => {
    request.log.info('asked');
    return {};
  });
  return { app, stream };
}

test('log lines of a request carry the ids of its span', async (t) => {
  const { endpoint, spans } = await openCollector(t);
  const { app, stream } = await tracedRoute({ endpoint, onFailure: assert.ifError });
  await app.inject('/');
  await app.close();
  const lines = String(stream.read())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { traceId, spanId } = named(spans, 'GET /');
  assert.deepEqual(
    lines.map(({ msg, trace_id, span_id }) => [msg, trace_id === traceId, span_id === spanId]),
    [
      ['incoming request', false, false],
      ['asked', true, true],
      ['request completed', true, true],
    ],
  );
});

test('a collector that takes nothing is told of once, and disturbs no request', async (t) => {
  const { endpoint, paths } = await openCollector(t, 400);
  const failures: unknown[] = [];
  const { app } = await tracedRoute({ endpoint, onFailure: (error) => failures.push(error) });
  // Two exports, one as soon as 512 spans wait, the other on closing.
  while (failures.length === 0) {
    assert.equal((await app.inject('/')).statusCode, 200);
    await turn();
  }
  await app.inject('/');
  await app.close();
  assert.equal(paths.length, 2);
  assert.equal(failures.length, 1);
  assert.match(String(failures[0]), /Bad Request/);
});

test('an endpoint without the packages is refused with the command that installs them', async () => {
  const hooks = `export async function resolve(name, context, next) {
    if (name.startsWith('@opentelemetry/sdk')) throw Object.assign(new Error(name), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  }`;
  const program = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
    const { openTracing } = await import(${JSON.stringify(new URL('../../serve/tracing/tracing.js', import.meta.url))});
    await openTracing({ endpoint: 'http://127.0.0.1:1', onFailure() {} }).catch((error) => console.log(JSON.stringify(error)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  const { code, expected } = JSON.parse(stdout);
  assert.equal(code, 'TRACING_UNAVAILABLE');
  assert.match(expected, /npm install .*@opentelemetry\/sdk-trace-base/);
});
