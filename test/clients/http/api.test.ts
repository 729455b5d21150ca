import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { InstantPool } from '../../serve/hand-run-pool.js';
import { openAppOn } from '../../serve/serving.js';

const root = new URL('../../../../', import.meta.url);
const { generateClientTypes }: { generateClientTypes(description: unknown): Promise<string> } = await import(
  new URL('bin/generate-client-types.mjs', root).href
);

async function describe(t: TestContext): Promise<string> {
  const app = await openAppOn(t, new InstantPool(1));
  return (await app.inject('/docs/json')).body;
}

test("the client's types are those that the service describes: else npm run generate:client", async (t) => {
  const description = await describe(t);
  const written = await readFile(new URL('clients/http/api.ts', root), 'utf8');
  assert.equal(await generateClientTypes(JSON.parse(description)), written);
  const changed = description.replaceAll('"meanBatch"', '"meanSize"');
  assert.notEqual(changed, description);
  assert.notEqual(await generateClientTypes(JSON.parse(changed)), written, 'the control');
  const without = JSON.parse(description);
  delete without.paths['/statistics'];
  await assert.rejects(generateClientTypes(without), /does not describe GET \/statistics/);
});
