import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { Client } from './client.js';
import { closedLoop } from './load.js';
import type { Order } from './mortal-workers.js';
import { comesDownTo, noProcessFigures, threads } from './process-figures.js';
import { inTurn, questions, verdict } from './questions.js';
import { scaled } from './scale.js';
import { type Service, serve, shippedModel } from './service.js';

interface Card {
  readonly runtime: { readonly workers: number; readonly replacedWorkers: number };
}

const runtime = async (service: Service) => (await service.get<Card>('/model')).runtime;

/** Resolves when the service knows of the deaths that its next batches bring. */
async function order(service: Service, deaths: Order): Promise<void> {
  const received = once(service.child, 'message');
  service.child.send(deaths);
  await received;
}

/** Resolves when so many threads have been started anew, since the beginning. */
async function replaced(service: Service, count: number): Promise<void> {
  while ((await runtime(service)).replacedWorkers < count) await delay(20);
}

test('threads that die under load are replaced, and no request notices', async (t) => {
  const folder = await temporaryFolder(t);
  await copyFile(shippedModel, join(folder, 'one.onnx'));
  await writeFile(join(folder, 'other.onnx'), tinyModel());
  const preload = new URL('./mortal-workers.js', import.meta.url).href;
  const service = await serve(t, { model: folder, execArgv: ['--import', preload] });
  const client = new Client(service.address);
  t.after(() => client.close());
  const [one, other] = await Promise.all([
    questions(service.address, 'one'),
    questions(service.address, 'other'),
  ]);
  const { workers } = await runtime(service);
  const threadsBefore = noProcessFigures === false ? threads(service.child.pid) : 0;

  const pairs = scaled(20);
  let killing = true;
  const underLoad = closedLoop({ client, next: inTurn([...one, ...other]) }, 16, () => killing);
  for (let pair = 1; pair <= pairs; pair += 1) {
    // The second dies while the first is not back yet: with two workers there is none for a moment.
    await order(service, { deaths: ['terminated', 'threw'], spared: 4 });
    await replaced(service, 2 * pair);
  }
  killing = false;
  const load = await underLoad;
  const after = await runtime(service);
  t.diagnostic(`${after.replacedWorkers} of ${workers} workers replaced: ${load}`);
  assert.deepEqual(load.verdicts, ['200']);
  assert.deepEqual(after, { ...after, workers, replacedWorkers: 2 * pairs });
  if (noProcessFigures === false) {
    const threadsAfter = await comesDownTo(threadsBefore, () => threads(service.child.pid));
    assert.ok(threadsAfter <= threadsBefore, `${threadsBefore} threads before, ${threadsAfter} after`);
  }

  const [question] = one;
  await order(service, { deaths: ['terminated', 'threw'], spared: 0 });
  const unlucky = verdict(await client.send(question!));
  assert.equal(unlucky, '500 WORKER_FAILED', 'the control: nothing survives two deaths');
  assert.equal(question!.judge(await client.send(question!)), '200');
});
