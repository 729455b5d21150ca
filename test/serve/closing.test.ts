import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, received } from './connections.js';
import { HandRunPool, turn } from './hand-run-pool.js';
import { png } from './pictures.js';
import { openAppOn, post } from './serving.js';

test('closing refuses new requests and answers those it accepted', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool);
  const address = await app.listen({ port: 0 });
  const socket = await open(address);
  const text = received(socket);
  const picture = await png(1);
  socket.write(
    `POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: ${picture.length}\r\n\r\n`,
  );
  socket.write(picture);
  await pool.begun(1);

  let closed = false;
  const closing = app.close().then(() => {
    closed = true;
  });
  await turn();
  // A connection with a request under way is still open; others are not taken.
  socket.write('GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n');
  await assert.rejects(fetch(`${address}/health/ready`));
  assert.equal(closed, false);
  pool.batches[0]!.finish();
  await closing;

  const answers = (await text).split(/(?=HTTP\/1\.1 )/);
  assert.deepEqual(
    answers.map((answer) => answer.slice(0, 12)),
    ['HTTP/1.1 200', 'HTTP/1.1 503'],
  );
  assert.match(answers[0]!, /"predictions"/);
  assert.match(answers[1]!, /"code":"SHUTTING_DOWN"/);
});

test('a request that was injected is drained as well', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool);
  const answer = post(app, await png(1));
  await pool.begun(1);
  const closing = app.close();
  await turn();
  pool.batches[0]!.finish();
  assert.equal((await answer).statusCode, 200);
  await closing;
});
