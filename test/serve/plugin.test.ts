import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import sharp from 'sharp';
import { openShapes } from '../../data/shapes.js';
import { type KilnOptions, kiln } from '../../serve/plugin.js';
import { tinyModel } from '../fixtures/model.js';
import { answerOf, form, openApp, post, postForm, refusalOf } from './serving.js';

const small = { models: tinyModel(), device: 'cpu', workers: 1, threadsPerWorker: 1 } as const;
const { labels: shapes } = await openShapes();
const picture = await sharp({ create: { width: 32, height: 32, channels: 3, background: 'teal' } })
  .png()
  .toBuffer();

/** Somebody's app, with habits of its own. */
async function hostApp(
  t: TestContext,
  options: Partial<KilnOptions> = {},
  server: FastifyServerOptions = {},
) {
  const app = fastify({ bodyLimit: 64, ...server });
  await app.register(multipart, { attachFieldsToBody: true, limits: { fileSize: 1 } });
  app.setErrorHandler((_error, _request, reply) => reply.code(418).send('mine'));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('mine'));
  app.addContentTypeParser('image/png', (_request, _payload, done) => done(new Error('no pictures')));
  app.addHook('preHandler', async (request, reply) => {
    reply.header('x-host', 'here');
    if (request.headers['x-banned'] !== undefined) throw new Error('banned');
  });
  app.get('/health/live', async () => 'mine');
  await app.register(kiln, { ...small, prefix: '/ml', ...options });
  t.after(() => app.close());
  return app;
}

const asPicture = (url: string, headers = {}) =>
  ({ method: 'POST', url, headers: { 'content-type': 'image/png', ...headers }, payload: picture }) as const;

test('in an app that parses, limits and refuses by its own rules the routes answer as they do alone', async (t) => {
  const [host, alone] = [await hostApp(t), await openApp(t)];
  const predictions = answerOf(await post(alone, picture)).results.map((result) => ({
    ...result,
    timing: 0,
  }));
  const embedded = await host.inject(asPicture('/ml/classify'));
  assert.equal(embedded.statusCode, 200, embedded.body);
  assert.deepEqual(
    answerOf(embedded).results.map((result) => ({ ...result, timing: 0 })),
    predictions,
  );
  const two = { 'a.png': picture, 'b.png': picture };
  const names = answerOf(await postForm(alone, two)).results.map(({ name }) => name);
  const both = await host.inject({ method: 'POST', url: '/ml/classify', ...(await form(two)) });
  assert.deepEqual(
    answerOf(both).results.map(({ name }) => name),
    names,
  );
  for (const url of ['/models', '/model', '/health/ready', '/v2/health/live', '/evaluations'])
    assert.equal((await host.inject(`/ml${url}`)).statusCode, 200, url);
  assert.equal((await host.inject('/ml')).statusCode, 404);
  // CONTROL: outside the prefix the app refuses the same picture, by its own handler.
  assert.equal((await host.inject(asPicture('/health/live'))).body, 'mine');
});

test('what is refused below the prefix has the form of kiln, and beside it that of the app', async (t) => {
  const host = await hostApp(t);
  const unknown = await host.inject('/ml/nothing?here');
  assert.equal(unknown.statusCode, 404);
  assert.equal(refusalOf(unknown).code, 'ROUTE_NOT_FOUND');
  assert.equal(refusalOf(await host.inject('/ml/model?colour=red')).code, 'REQUEST_INVALID');
  assert.equal((await host.inject('/nothing')).body, 'mine');
  assert.equal((await host.inject('/mlx/classify')).body, 'mine');
  assert.equal((await host.inject('/health/live')).body, 'mine');
});

test("the app's hooks come first: they set headers and refuse", async (t) => {
  const host = await hostApp(t, {}, { genReqId: () => 'named-by-the-host' });
  const answer = await host.inject('/ml/models');
  assert.equal(answer.headers['x-host'], 'here');
  assert.equal(answer.headers['x-request-id'], 'named-by-the-host');
  const banned = await host.inject(asPicture('/ml/classify', { 'x-banned': 'yes' }));
  assert.deepEqual([banned.statusCode, banned.body], [418, 'mine']);
});

test('addresses in answers are those that clients know, under nested prefixes too', async (t) => {
  const host = fastify();
  await host.register(
    async (api: FastifyInstance) => {
      await api.register(kiln, { ...small, models: tinyModel({ labels: shapes }), prefix: '/ml/' });
    },
    { prefix: '/api' },
  );
  t.after(() => host.close());
  const description = (await host.inject('/api/ml/docs/json')).json<{ servers: unknown }>();
  assert.deepEqual(description.servers, [{ url: '/api/ml' }]);
  const started = await host.inject({
    method: 'POST',
    url: '/api/ml/evaluations',
    payload: { dataset: 'shapes', split: 'test', limit: 8 },
  });
  assert.equal(started.statusCode, 202, started.body);
  const location = String(started.headers.location);
  assert.match(location, /^\/api\/ml\/evaluations\/[^/]+$/);
  assert.match((await host.inject(`${location}/events`)).body, /^event: end\ndata: .*"status":"done"/m);
});

test('over a connection, and closed with the app: its workers end', async (t) => {
  const host = await hostApp(t);
  const address = await host.listen({ host: '127.0.0.1', port: 0 });
  const body = new Uint8Array(picture);
  const request = { method: 'POST', headers: { 'content-type': 'image/png' }, body };
  assert.equal((await fetch(`${address}/ml/classify`, request)).status, 200);
  const closed = once(host.server, 'close');
  await host.close();
  await closed;
  // A worker that were left would keep this process, and the test runner, from ending.
});

test('a prefix that is none, or has parameters, is refused before anything starts', async () => {
  for (const prefix of ['', '/', '/:tenant', '/*']) {
    const app = fastify();
    await assert.rejects(async () => app.register(kiln, { ...small, prefix }), { code: 'OPTION_INVALID' });
  }
});
