import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandRunPool } from './hand-run-pool.js';
import { openAppOn, refusalOf } from './serving.js';

test("another site's page may not post, this one and programs may", async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const post = (origin?: string) =>
    app.inject({
      method: 'POST',
      url: '/classify',
      headers: { host: '127.0.0.1:8080', ...(origin !== undefined && { origin }) },
    });
  for (const foreign of ['https://example.com', 'http://127.0.0.1:9090', 'null']) {
    const response = await post(foreign);
    assert.equal(response.statusCode, 403, foreign);
    assert.equal(refusalOf(response).code, 'ORIGIN_REFUSED');
  }
  for (const own of ['http://127.0.0.1:8080', undefined]) {
    assert.equal(refusalOf(await post(own)).code, 'IMAGE_MISSING');
  }
});

test('reading is not concerned, and no page of another site is let in', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const response = await app.inject({ url: '/model', headers: { origin: 'https://example.com' } });
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers['access-control-allow-origin'], undefined);
});
