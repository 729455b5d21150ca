import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, KilnError } from '../../errors/errors.js';
import { type TrainOptions, train } from '../../train/trainer.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { smallRecipe, smallShapes, trainSmall } from './small-run.js';

/** A refusal with this code whose expectation or receipt holds these words. */
function refusal(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof KilnError, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.expected} | ${error.received}`, words);
    return true;
  };
}

const refused: readonly (readonly [TrainOptions, ErrorCode, RegExp])[] = [
  [{ network: 'deepcn' }, 'NETWORK_UNKNOWN', /did you mean deepcnn\? \| deepcn$/],
  [{ recipe: 'tutorail' }, 'RECIPE_UNKNOWN', /did you mean tutorial\?/],
  [{ recipe: 'constructor' }, 'RECIPE_UNKNOWN', /one of fast, speedrun, tutorial/],
  [{ dataset: 'shape' }, 'DATASET_UNKNOWN', /did you mean shapes\?/],
  [{ epochs: 1, steps: 1 }, 'OPTION_INVALID', /epochs or steps/],
  [{ epochs: 0 }, 'OPTION_INVALID', /epochs above 0 \| 0/],
  [{ steps: 1.5 }, 'OPTION_INVALID', /whole number of steps .* 1\.5/],
  [{ batch: 0 }, 'OPTION_INVALID', /batch of 1 .* 0/],
  [{ seed: -1 }, 'OPTION_INVALID', /seed .* -1/],
  [{ seed: 2 ** 32 }, 'OPTION_INVALID', /seed/],
  [{ run: '../elsewhere', dataset: smallShapes }, 'OPTION_INVALID', /without slashes/],
  [{ resume: 'never' }, 'RUN_NOT_FOUND', /none is there \| never/],
];

for (const [options, code, words] of refused) {
  const { dataset, ...shown } = options;
  const text = JSON.stringify(typeof dataset === 'string' ? options : shown);
  test(`${text} is refused with ${code}`, async (t) => {
    await assert.rejects(train({ ...options, runs: await temporaryFolder(t) }), refusal(code, words));
  });
}

test('a resumed run keeps its options, data and recipe', async (t) => {
  const runs = await temporaryFolder(t);
  await trainSmall({ runs, run: 'first', steps: 2 });
  const again = (options: TrainOptions) => trainSmall({ runs, resume: 'first', ...options });
  await assert.rejects(again({ batch: 32 }), refusal('OPTION_INVALID', /batch 16, or leave it out \| 32/));
  await assert.rejects(again({ steps: 3 }), refusal('OPTION_INVALID', /length \{"steps":2\}/));
  await assert.rejects(again({ seed: 1 }), refusal('OPTION_INVALID', /seed 0/));
  const other = { ...smallShapes, digest: 'other' };
  await assert.rejects(again({ dataset: other }), refusal('DATASET_MISMATCH', /digest .* other/));
  const hotter = { ...smallRecipe, learningRate: () => 1 };
  await assert.rejects(again({ recipe: hotter }), refusal('OPTION_INVALID', /rates/));
  await assert.rejects(trainSmall({ runs, resume: 'frist-run' }), refusal('RUN_NOT_FOUND', /one of first/));
  assert.equal((await again({ batch: 16, steps: 2, seed: 0 })).status, 'finished', 'control');
});

test('a folder that cannot be written to is named', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(
    trainSmall({ runs: join(folder, 'file', 'runs') }),
    refusal('RUN_UNWRITABLE', /file.runs to be writable/),
  );
  await mkdir(join(folder, 'runs'));
  assert.equal((await trainSmall({ runs: join(folder, 'runs'), steps: 1 })).status, 'finished', 'control');
});
