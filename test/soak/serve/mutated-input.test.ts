import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { errorTable } from '../../../errors/errors.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { Client, type Sent } from './client.js';
import { files, mutatedInputs } from './mutated-inputs.js';
import { asPicture, questions, verdict } from './questions.js';
import { scaled } from './scale.js';
import { serve } from './service.js';

/** A failure names the request that it shrank to; the seed brings it back. */
const seed = 20_151_201;

/** Whether a refusal has the form of its routes: a report with a code of the table, or the protocol's error object. */
function isRefusal({ path }: Sent, body: string): boolean {
  const { code, ...others } = JSON.parse(body) as { readonly code?: string; readonly error?: unknown };
  if (!path.startsWith('/v2')) return code !== undefined && code in errorTable;
  return code === undefined && typeof others.error === 'string' && Object.keys(others).length === 1;
}

test('input that no encoder and no client wrote is refused by 4xx alone, and the same service goes on', async (t) => {
  const dataDir = await temporaryFolder(t);
  const service = await serve(t, { args: ['--data-dir', dataDir] });
  const client = new Client(service.address);
  t.after(() => client.close());
  const asked = await questions(service.address);
  for (const file of files) {
    assert.equal(
      verdict(await client.send(asPicture(file.bytes, file.type))),
      '200',
      `the control: ${file.name} is whole`,
    );
  }

  for (const [name, { count, requests, statuses }] of Object.entries(mutatedInputs)) {
    await t.test(name, async (t) => {
      const verdicts = new Map<string, number>();
      const property = fc.asyncProperty(requests, async (sent) => {
        const outcome = await client.send(sent);
        const word = verdict(outcome);
        verdicts.set(word, (verdicts.get(word) ?? 0) + 1);
        assert.ok(outcome.kind === 'answered' && statuses.includes(outcome.status), word);
        if (outcome.status >= 400)
          assert.ok(isRefusal(sent, outcome.body), `not in our form: ${outcome.body}`);
        assert.ok(!outcome.body.includes(dataDir), `a path of the machine: ${outcome.body}`);
        const { location } = outcome.headers;
        if (outcome.status === 202 && location !== undefined)
          await client.send({ method: 'DELETE', path: location });
      });
      await fc.assert(property, { seed, numRuns: scaled(count, 20), includeErrorInReport: true });
      const counts = [...verdicts].sort(([, a], [, b]) => b - a);
      t.diagnostic(`seed ${seed}: ${JSON.stringify(Object.fromEntries(counts))}`);
    });
  }

  for (const question of asked) assert.equal(question.judge(await client.send(question)), '200', 'as before');
  assert.equal((await service.idle()).waitingRows, 0);
  assert.deepEqual(service.lines, []);
});
