import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorTable } from '../../errors/errors.js';
import { HandRunPool } from './hand-run-pool.js';
import { openAppOn } from './serving.js';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>;
  readonly requestBody?: { readonly content: object };
}
interface OpenApi {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

async function openApi(t: Parameters<typeof openAppOn>[0]): Promise<OpenApi> {
  const app = await openAppOn(t, new HandRunPool(1));
  const document = (await app.inject('/docs/json')).json<OpenApi>();
  // The Open Inference Protocol has forms of its own: test/serve/v2/docs.test.ts.
  const ours = Object.entries(document.paths).filter(([path]) => !path.startsWith('/v2'));
  return { ...document, paths: Object.fromEntries(ours) };
}

/** The statuses that each route may answer with. */
const expected = {
  'post /classify': [200, 400, 403, 404, 413, 415, 422, 500, 503, 504],
  'post /evaluations': [202, 400, 403, 404, 409, 413, 415, 422, 500, 503],
  'get /evaluations': [200, 400, 404, 500, 503],
  'get /evaluations.csv': [200, 400, 404, 500, 503],
  'get /evaluations/compare': [200, 400, 404, 409, 500, 503],
  'get /evaluations/{id}.csv': [200, 400, 404, 409, 500, 503],
  'get /evaluations/{id}': [200, 400, 404, 500, 503],
  'get /evaluations/{id}/events': [200, 400, 404, 500, 503],
  'get /evaluations/{id}/pictures': [200, 400, 404, 409, 500, 503],
  'get /evaluations/{id}/pictures/{index}': [200, 304, 400, 404, 409, 410, 500, 503],
  'delete /evaluations/{id}': [200, 400, 403, 404, 500, 503],
  'get /runs': [200, 400, 500, 503],
  'get /runs/{name}': [200, 400, 404, 500, 503],
  'get /runs/{name}/metrics': [200, 400, 404, 500, 503],
  'post /runs/{name}/export': [200, 400, 403, 404, 409, 413, 415, 422, 500, 503, 504],
  'get /models': [200, 400, 500, 503],
  'get /metrics': [200, 400, 500, 503],
  'get /model': [200, 400, 404, 500, 503],
  'get /model/file': [200, 304, 400, 404, 500, 503],
  'get /statistics': [200, 400, 404, 500, 503],
  'get /health/live': [200],
  'get /health/ready': [200, 400, 500, 503],
};

test('every route is described with every status', async (t) => {
  const { paths } = await openApi(t);
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]) => [
      `${method} ${path}`,
      Object.keys(responses).map(Number),
    ]),
  );
  assert.deepEqual(Object.fromEntries(described), expected);
});

test('the description is a whole OpenAPI 3.1 document', async (t) => {
  const document = await openApi(t);
  assert.equal(document.openapi, '3.1.0');
  const text = JSON.stringify(document);
  assert.doesNotMatch(text, /"\$ref"/, 'everything is in place');
  assert.doesNotMatch(text, /"items":\[/, 'a list of schemas is no schema in 3.1');
  assert.doesNotMatch(text, /"additionalItems"|"nullable"/);
  for (const operations of Object.values(document.paths)) {
    for (const { responses } of Object.values(operations)) {
      for (const { description } of Object.values(responses)) assert.ok(description);
    }
  }
});

test('the codes of every refusal are listed and fit their status', async (t) => {
  const { paths } = await openApi(t);
  for (const operations of Object.values(paths)) {
    for (const { responses } of Object.values(operations)) {
      for (const [status, response] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        const [, listed = ''] = /"code":\{[^}]*"enum":\[([^\]]*)\]/.exec(JSON.stringify(response)) ?? [];
        const codes = listed.split(',').map((code) => code.slice(1, -1));
        assert.ok(codes.length > 0);
        for (const code of codes) {
          const [, row] = Object.entries(errorTable).find(([name]) => name === code) ?? [];
          assert.equal(row?.status, Number(status), code);
        }
      }
    }
  }
});

test('the body of /classify is a form or one of the picture types', async (t) => {
  const { paths } = await openApi(t);
  assert.deepEqual(Object.keys(paths['/classify']?.post?.requestBody?.content ?? {}), [
    'multipart/form-data',
    'image/png',
    'image/jpeg',
    'image/webp',
  ]);
});

test('the documentation’s page is served', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const page = await app.inject('/docs/');
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /swagger-ui/);
  assert.equal((await app.inject('/docs/static/swagger-ui-bundle.js')).statusCode, 200);
});
