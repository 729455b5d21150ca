import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverSentEvents } from '../../../clients/http/event-stream.js';

/** The events of a text that arrives in pieces of `size` bytes. */
async function parse(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
  const events: (readonly [string, string])[] = [];
  for await (const { event, data } of serverSentEvents(body)) events.push([event, data]);
  return events;
}

const streams = {
  'event: progress\ndata: 1\n\nevent: end\ndata: 2\n\n': [
    ['progress', '1'],
    ['end', '2'],
  ],
  'data: ü😀\r\n\r\ndata:two\r\rdata:  three\n\n': [
    ['message', 'ü😀'],
    ['message', 'two'],
    ['message', ' three'],
  ],
  ': a comment\nid: 1\nretry: 5\ndata: a\ndata\ndata: b\n\n': [['message', 'a\n\nb']],
  'event: nothing\n\ndata: later\n\n': [['message', 'later']],
  'data: whole\n\ndata: cut off\n': [['message', 'whole']],
} as const;

test('events are the same, however the stream is cut into pieces', async () => {
  for (const [text, expected] of Object.entries(streams)) {
    for (const size of [1, 2, 3, 7, 1000]) assert.deepEqual(await parse(text, size), expected, text);
  }
});

test('leaving the loop, or the signal, ends the stream', async () => {
  for (const how of ['leave', 'abort']) {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    const controller = new AbortController();
    const events = serverSentEvents(body, controller.signal);
    assert.deepEqual((await events.next()).value, { event: 'message', data: '1' });
    assert.equal(cancelled, false, 'the control');
    if (how === 'leave') await events.return();
    else {
      const next = events.next();
      controller.abort(new RangeError('enough'));
      await assert.rejects(next, new RangeError('enough'));
    }
    assert.ok(cancelled, how);
  }
});
