import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstantPool } from './hand-run-pool.js';
import { openAppOn } from './serving.js';

test('every answer names its request, by the client’s name where that may stand in a log', async (t) => {
  const app = await openAppOn(t, new InstantPool(1));
  const idOf = async (url: string, id?: string) => {
    const response = await app.inject({ url, headers: { ...(id !== undefined && { 'x-request-id': id }) } });
    return String(response.headers['x-request-id']);
  };
  for (const url of ['/model', '/nowhere', '/health/live']) {
    for (const good of ['a', 'f00d-1.B_2', 'x'.repeat(64)]) assert.equal(await idOf(url, good), good);
    for (const bad of ['', 'x'.repeat(65), 'a b', '{"a":1}', 'é', '../a', undefined]) {
      assert.match(await idOf(url, bad), /^[0-9a-f]{8}-[0-9a-z]+$/);
    }
  }
  assert.notEqual(await idOf('/model'), await idOf('/model'));
});
