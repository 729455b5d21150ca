import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorTable } from '../../../errors/errors.js';
import { InstantPool } from '../hand-run-pool.js';
import { openAppOn } from '../serving.js';

interface Described {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: { readonly properties: object } }>>;
}
interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Described>> }>>>
  >;
}

const aboutModel = ['', '/ready', '/config', '/stats'].flatMap((what) => [
  `get /v2/models/{name}${what}`,
  `get /v2/models/{name}/versions/{version}${what}`,
]);

test('every address of the protocol is described, its refusals by the protocol’s error object', async (t) => {
  const app = await openAppOn(t, new InstantPool(1, 10));
  const { paths }: OpenApi = (await app.inject('/docs/json')).json();
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/v2'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => ({ name: `${method} ${path}`, responses })),
    );
  assert.deepEqual(
    operations.map(({ name }) => name).sort(),
    [
      'get /v2/',
      'get /v2/health/live',
      'get /v2/health/ready',
      'get /v2/models/stats',
      ...aboutModel,
      'post /v2/models/{name}/infer',
      'post /v2/models/{name}/versions/{version}/infer',
      'post /v2/repository/index',
      'post /v2/repository/models/{name}/load',
      'post /v2/repository/models/{name}/unload',
    ].sort(),
  );
  const refusals = operations.flatMap(({ name, responses }) =>
    Object.entries(responses)
      .filter(([status]) => Number(status) >= 400)
      .map(([status, response]) => ({ name, status: Number(status), response })),
  );
  assert.ok(refusals.length > 50);
  for (const { name, status, response } of refusals) {
    const { schema } = response.content?.['application/json'] ?? {};
    assert.deepEqual(Object.keys(schema?.properties ?? {}), ['error'], name);
    for (const line of response.description.split('\n\n')) {
      const [, row] = Object.entries(errorTable).find(([code]) => line.startsWith(`${code}: `)) ?? [];
      assert.equal(row?.status, status, `${name}: ${line}`);
    }
  }
});
