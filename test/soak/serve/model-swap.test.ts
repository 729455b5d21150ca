import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { modelDigest } from '../../../runtime/model-digest.js';
import { loadClassifier } from '../../../runtime/node-classifier.js';
import { tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { noise, png } from '../../serve/pictures.js';
import { Client, type Outcome } from './client.js';
import { closedLoop } from './load.js';
import { answerOf, areClose, asPicture, type Question, verdict } from './questions.js';
import { scaled } from './scale.js';
import { type Service, serve } from './service.js';

const pictureSeed = 3;

/** A model file with random weights, and what ONNX Runtime says in this process of the one picture. */
interface Version {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly probabilities: Float32Array;
}

async function version(seed: number): Promise<Version> {
  const bytes = tinyModel({ seed });
  const classifier = await loadClassifier(bytes, { device: 'cpu', threads: 1 });
  const probabilities = await classifier.classify(noise(pictureSeed), 1); // [1, 10]
  await classifier.close();
  return { bytes, digest: modelDigest(bytes), probabilities };
}

interface Entry {
  readonly state: string;
  readonly digest: string;
  readonly problem: { readonly code: string } | null;
}

/** Resolves when the one model's entry is as wanted. */
async function entry(service: Service, isWanted: (entry: Entry) => boolean): Promise<void> {
  for (;;) {
    const { models } = await service.get<{ readonly models: readonly Entry[] }>('/models');
    if (models.some(isWanted)) return;
    await delay(10);
  }
}

/** Puts a whole file in the place of the other. */
async function replace(folder: string, bytes: Uint8Array): Promise<void> {
  const next = join(folder, '.next');
  await writeFile(next, bytes);
  await rename(next, join(folder, 'swapped.onnx'));
}

test('a model is replaced under load, again and again, and every answer is of the file that was there', async (t) => {
  const versions: Version[] = [];
  for (let seed = 0; seed <= scaled(60, 3); seed += 1) versions.push(await version(seed));
  const [first] = versions;
  const folder = await temporaryFolder(t);
  await replace(folder, first!.bytes);
  const service = await serve(t, { model: folder, args: ['--poll', '50', '--log-level', 'silent'] });
  const client = new Client(service.address);
  t.after(() => client.close());

  /** The newest version in the folder, and the newest that is known to answer. */
  let written = 0;
  let answering = 0;
  const picture = asPicture(await png(pictureSeed), 'image/png');
  const next = (): Question => {
    const atLeast = answering;
    return { ...picture, judge: (outcome) => judge(outcome, atLeast) };
  };
  const judge = (outcome: Outcome, atLeast: number): string => {
    const answer = answerOf(outcome);
    if (answer === undefined) return verdict(outcome);
    const index = versions.findIndex(({ digest }) => digest === answer.digest);
    if (index < atLeast) return `200 of ${index < 0 ? 'no file' : 'a file that was replaced before'}`;
    if (index > written) return '200 of a file that was not there yet';
    answering = Math.max(answering, index);
    return areClose(answer.probabilities, versions[index]!.probabilities)
      ? '200'
      : '200 with another’s answer';
  };

  let swapping = true;
  const underLoad = closedLoop({ client, next }, 16, () => swapping);
  let refusals = 0;
  for (const [index, { bytes, digest }] of versions.entries()) {
    if (index === 0) continue;
    if (index % 10 === 0) {
      await replace(folder, bytes.subarray(0, bytes.length / 2));
      const old = versions[index - 1]!.digest;
      await entry(service, (now) => now.problem?.code === 'MODEL_INVALID' && now.digest === old);
      refusals += 1;
    }
    written = index;
    await replace(folder, bytes);
    await entry(service, (now) => now.digest === digest && now.problem === null);
    answering = index;
    await delay(50);
  }
  swapping = false;
  const load = await underLoad;
  t.diagnostic(`${versions.length - 1} swaps and ${refusals} broken files: ${load}`);
  assert.deepEqual(load.verdicts, ['200']);
});
