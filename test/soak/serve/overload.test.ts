import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { defaultBatching } from '../../../serve/batching-settings.js';
import { Client } from './client.js';
import { assertFlat, watchMemory } from './flat-memory.js';
import { closedLoop, forSeconds, openLoop, percentile, times } from './load.js';
import { noProcessFigures } from './process-figures.js';
import { answerOf, inTurn, type Question, questions } from './questions.js';
import { scaled } from './scale.js';
import { serve } from './service.js';

/** The same question, which also notes how long the service says that it waited. */
function timed(question: Question, queued: number[]): Question {
  return {
    ...question,
    judge(outcome) {
      const queueMs = answerOf(outcome)?.queueMs;
      if (queueMs !== undefined) queued.push(queueMs);
      return question.judge(outcome);
    },
  };
}

test('twice the capacity for a minute: answered in bounded time or refused by 503, and nothing is lost', async (t) => {
  const service = await serve(t);
  const client = new Client(service.address);
  t.after(() => client.close());
  const load = { client, next: inTurn(await questions(service.address)) };
  await closedLoop(load, 64, forSeconds(scaled(3)));
  const capacity = await closedLoop(load, 64, forSeconds(scaled(6)));
  t.diagnostic(`capacity: ${capacity}`);
  assert.deepEqual(capacity.verdicts, ['200'], 'the control: without overload nobody is refused');

  const before = await service.idle();
  const memory = noProcessFigures === false ? watchMemory(service.child.pid) : () => [];
  const queued: number[] = [];
  const overload = await openLoop(
    { client, next: () => timed(load.next(), queued) },
    2 * capacity.rate,
    scaled(60),
  );
  const looks = memory();
  const after = await service.idle();
  t.diagnostic(`twice the capacity: ${overload}`);

  assert.deepEqual(
    overload.verdicts,
    ['200', '503 QUEUE_FULL'],
    'the load was too much, and nothing else went wrong',
  );
  assert.equal(overload.judged, overload.sent);
  assert.equal(after.rows - before.rows, overload.of('200'));
  assert.equal(after.refused - before.refused, overload.of('503 QUEUE_FULL'));
  assert.deepEqual([after.expired, after.abandoned], [0, 0]);

  // By the service's own clock: the load generator, on the same cores, reads its answers late. The second is for moments
  // at which the machine does something else.
  const { queueRows, maxBatch, deadlineMs } = defaultBatching;
  const ahead = queueRows + availableParallelism() * maxBatch;
  const bound = Math.min(deadlineMs, 1000 + (4 * 1000 * ahead) / overload.rate);
  const waited = percentile(queued, 0.99);
  t.diagnostic(`p99 of waiting for a run: ${waited.toFixed(0)} ms of at most ${bound.toFixed(0)} ms`);
  assert.ok(waited <= bound);
  assert.ok(overload.percentile(0.99) <= deadlineMs);

  const recovered = await closedLoop(load, 8, times(scaled(500)));
  assert.deepEqual(recovered.verdicts, ['200']);
  // The first of four quarters is the heap's own way to its size.
  const quarter = Math.floor(looks.length / 4);
  if (quarter > 0) assertFlat(t, looks.slice(quarter), { window: quarter, tolerance: 0.1 });
  assert.deepEqual(service.lines, []);
});
