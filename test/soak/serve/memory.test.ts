import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { modelDigest } from '../../../runtime/model-digest.js';
import { tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { Client } from './client.js';
import { assertFlat } from './flat-memory.js';
import { closedLoop, times } from './load.js';
import { noProcessFigures, residentMebibytes } from './process-figures.js';
import { inTurn, questions } from './questions.js';
import { scaled } from './scale.js';
import { serve } from './service.js';

const skip = noProcessFigures;

/** A service of one tiny model, whose file may be replaced. */
async function serveTiny(t: TestContext) {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'tiny.onnx');
  await writeFile(file, tinyModel());
  const service = await serve(t, { model: folder, args: ['--poll', '20'] });
  return { file, service, resident: () => residentMebibytes(service.child.pid) };
}

test('memory is flat over 200,000 requests', { skip }, async (t) => {
  const { service, resident } = await serveTiny(t);
  const client = new Client(service.address);
  t.after(() => client.close());
  const load = { client, next: inTurn(await questions(service.address)) };
  const part = scaled(20_000);
  await closedLoop(load, 64, times(part));
  const looks = [resident()];
  for (let done = 0; done < 10 * part; done += part) {
    const tally = await closedLoop(load, 64, times(part));
    assert.deepEqual(tally.verdicts, ['200']);
    looks.push(resident());
    if (done === 9 * part) t.diagnostic(`the last of it: ${tally}`);
  }
  assertFlat(t, looks, { window: 3, tolerance: 0.05 });
});

test('memory is flat over 200 reloads', { skip }, async (t) => {
  const { file, service, resident } = await serveTiny(t);
  const looks: number[] = [];
  for (let reload = 1; reload <= scaled(300); reload += 1) {
    const bytes = tinyModel({ seed: reload });
    await writeFile(`${file}.next`, bytes);
    await rename(`${file}.next`, file);
    const digest = modelDigest(bytes);
    while ((await service.get<{ digest: string }>('/model')).digest !== digest) await delay(10);
    if (reload % 10 === 0) looks.push(resident());
  }
  // 200 reloads lie between the first five of these looks and the last.
  assertFlat(t, looks.slice(scaled(5)), { window: scaled(5), tolerance: 0.05 });
});
