import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KilnClient, ServiceError } from '../../../clients/http/client.js';
import { fileFrom } from '../../../clients/http/node.js';
import { makeApiKey } from '../../../serve/access/api-key-file.js';
import { startServer } from '../../../serve/server.js';
import { cifar10Labels, tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { HandRunPool, InstantPool } from '../../serve/hand-run-pool.js';
import { png } from '../../serve/pictures.js';
import { openAppOn } from '../../serve/serving.js';
import { closedPort, json, openScripted, refusal, status } from './scripted-service.js';

const model = tinyModel();
const digest = createHash('sha256').update(model).digest('hex');
const server = await startServer({ models: model, port: 0, device: 'cpu', workers: 1, logLevel: 'silent' });
after(() => server.close());
const client = new KilnClient(server.address);
const picture = await png(1);
const noPicture = new TextEncoder().encode('no picture');

test('a picture is the same whatever it comes as, and keeps its name and place', async (t) => {
  const path = join(await temporaryFolder(t), 'Öl.png');
  await writeFile(path, picture);
  const other = await png(2);
  const { model: answering, results } = await client.classify(
    [
      picture,
      new Blob([Uint8Array.from(picture)]),
      new Blob([Uint8Array.from(picture)]).stream(),
      await fileFrom(path),
      { name: 'named', data: new Blob([Uint8Array.from(picture)]).stream() },
      { name: 'other', data: other },
    ],
    { top: 3 },
  );
  assert.deepEqual(answering, { name: 'tiny', version: '1', digest });
  assert.deepEqual(
    results.map(({ name }) => name),
    ['image', 'image', 'image', 'Öl.png', 'named', 'other'],
  );
  const [first, ...others] = results.map((result) => ('predictions' in result ? result.predictions : []));
  assert.equal(first?.length, 3);
  const different = others.pop();
  for (const one of others) assert.deepEqual(one, first);
  assert.notDeepEqual(different, first, 'the control');
  const raw = await fetch(`${server.address}/classify?top=3`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: Uint8Array.from(picture),
  });
  assert.deepEqual((await raw.json()).results[0].predictions, first);
});

test('a refused picture is a result, beside others and alone; a refused request is thrown', async () => {
  const { results } = await client.classify([noPicture, picture]);
  assert.deepEqual(
    results.map((result) => ('error' in result ? result.error.code : result.predictions.length)),
    ['UNSUPPORTED_IMAGE', 5],
  );
  const alone = await client.classify(noPicture);
  assert.ok('error' in alone.results[0]! && alone.results[0].error.code === 'UNSUPPORTED_IMAGE');
  await assert.rejects(client.classify(picture, { model: 'other' }), (error) => {
    assert.ok(error instanceof ServiceError);
    const { code, status, message, expected, received } = error;
    assert.deepEqual([code, status, received], ['MODEL_NOT_SERVED', 404, 'other']);
    assert.equal(message, 'The service does not serve this model.');
    assert.match(expected, /tiny/);
    assert.match(error.requestId ?? '', /^[0-9a-f]{8}-/);
    return true;
  });
  await assert.rejects(client.classify([]), { code: 'IMAGE_MISSING' });
});

test('the models, one of them, and its file', async () => {
  const list = await client.models();
  assert.equal(list.default, 'tiny');
  assert.deepEqual(
    list.models.map(({ name, version, state }) => [name, version, state]),
    [['tiny', '1', 'ready']],
  );
  const card = await client.model({ model: 'tiny', version: '1' });
  assert.deepEqual(card.metadata.labels, cifar10Labels);
  const file = await client.modelFile();
  assert.equal(file.digest, digest);
  assert.deepEqual(Buffer.from(file.bytes), Buffer.from(model));
  assert.ok((await client.statistics()).rows > 0);
});

test('a file that is not the one of its digest is refused', async () => {
  const falsifying: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    const bytes = new Uint8Array(await response.arrayBuffer());
    bytes[100]! ^= 1;
    return new Response(bytes, response);
  };
  const deceived = new KilnClient(server.address, { fetch: falsifying });
  await assert.rejects(deceived.modelFile(), {
    code: 'SERVICE_ANSWER_UNREADABLE',
    received: /^a file whose sha256/,
  });
});

test('a service that waits for its turn gets it: a full queue is asked again', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool, { queueRows: 1, maxBatch: 1 });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const patient = new KilnClient(address, {
    random: () => 0,
    // While it waits the queue moves on.
    sleep: async (ms) => {
      waited.push(ms);
      for (let run = 0; run < 2; run += 1) {
        await pool.begun(run + 1);
        pool.batches[run]!.finish();
      }
      await Promise.all(earlier);
    },
  });
  const waited: number[] = [];
  const earlier = [client, client].map(() => new KilnClient(address).classify(picture));
  await pool.begun(1);
  while ((await patient.statistics()).waitingRows === 0);
  await assert.rejects(new KilnClient(address, { retries: 0 }).classify(picture), { code: 'QUEUE_FULL' });
  const late = patient.classify(picture);
  await pool.begun(3);
  pool.batches[2]!.finish();
  assert.ok('predictions' in (await late).results[0]!);
  assert.deepEqual(waited, [1000], 'what Retry-After says');
});

test('the key opens a service that asks for one', async (t) => {
  const { key, line } = makeApiKey('alice');
  const apiKeys = join(await temporaryFolder(t), 'keys');
  await writeFile(apiKeys, line);
  const app = await openAppOn(t, new InstantPool(1), { apiKeys });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  await assert.rejects(new KilnClient(address).models(), { code: 'API_KEY_MISSING', status: 401 });
  assert.equal((await new KilnClient(address, { apiKey: key }).models()).models.length, 1);
  assert.throws(() => new KilnClient(address, { apiKey: 'a\nb' }), TypeError);
  assert.throws(() => new KilnClient('no address'), TypeError);
});

test('health is ready, not ready, or unreachable', async (t) => {
  assert.deepEqual(await client.health(), { status: 'ready' });
  const { address } = await openScripted(t, refusal('NOT_READY'));
  const starting = await new KilnClient(address).health();
  assert.ok(starting.status === 'not-ready' && starting.error.code === 'NOT_READY');
  assert.equal((await new KilnClient(await closedPort()).health()).status, 'unreachable');
  const elsewhere = await openScripted(t, status(404));
  await assert.rejects(new KilnClient(elsewhere.address).health(), { code: 'SERVICE_ANSWER_UNREADABLE' });
});

test('a service behind a prefix is asked there', async (t) => {
  const paths: (string | undefined)[] = [];
  const { address } = await openScripted(t, (response, request) => {
    paths.push(request.url);
    json({})(response, request);
  });
  for (const base of [address, `${address}/kiln`, `${address}/kiln/`]) await new KilnClient(base).models();
  assert.deepEqual(paths, ['/models', '/kiln/models', '/kiln/models']);
});

test('the example classifies files by a running service, and stands in the documentation as it is', async (t) => {
  const folder = await temporaryFolder(t);
  const files = ['noise.png', 'notes.txt'].map((name) => join(folder, name));
  await writeFile(files[0]!, picture);
  await writeFile(files[1]!, noPicture);
  const program = fileURLToPath(new URL('../../../examples/classify-over-http.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, server.address, ...files]);
  const [result] = (await client.classify(picture)).results;
  assert.ok(result !== undefined && 'predictions' in result);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'tiny, version 1',
    `noise.png: ${result.predictions[0]?.label}`,
    'notes.txt: The bytes are not a picture of an accepted format.',
  ]);
  const root = new URL('../../../../', import.meta.url);
  const source = await readFile(new URL('examples/classify-over-http.ts', root), 'utf8');
  const page = await readFile(new URL('docs/client.md', root), 'utf8');
  assert.ok(page.includes(`\`\`\`ts\n${source}\`\`\``));
});
