import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { open, received } from './connections.js';
import { HandRunPool } from './hand-run-pool.js';
import { openAppOn } from './serving.js';

test('what is no HTTP is refused in the same form as everything', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const address = await app.listen({ port: 0 });
  const socket = await open(address);
  socket.write('this is no request\r\n\r\n');
  const [head = '', body = ''] = (await received(socket)).split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.equal(JSON.parse(body).code, 'REQUEST_INVALID');
  assert.equal((await fetch(`${address}/health/live`)).status, 200, 'others are served');
});

test('headers without end are refused', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const socket = await open(await app.listen({ port: 0 }));
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}`);
  const text = await received(socket);
  assert.match(text, /^HTTP\/1\.1 413 /);
  assert.match(text, /"code":"REQUEST_TOO_LARGE"/);
});

test('a connection that is cut within a body harms nobody', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  const address = await app.listen({ port: 0 });
  for (const type of ['image/png', 'multipart/form-data; boundary=x']) {
    const socket = await open(address);
    socket.write(
      `POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: 100\r\n\r\n--x\r\nhalf`,
    );
    socket.resetAndDestroy();
    assert.equal((await fetch(`${address}/health/ready`)).status, 200);
  }
});

test('whoever sends slowly is cut off', async (t) => {
  const app = await openAppOn(t, new HandRunPool(1));
  assert.equal(app.server.headersTimeout, 10_000);
  assert.equal(app.server.requestTimeout, 30_000);

  const address = await app.listen({ port: 0 });
  const connection = once(app.server, 'connection');
  const socket = await open(address);
  const [accepted] = await connection;
  // Node's own check comes only every few seconds: its event is made by hand.
  const late = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  app.server.emit('clientError', late, accepted);
  const text = await received(socket);
  assert.match(text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  assert.match(text, /"code":"REQUEST_TIMEOUT"/);
});
