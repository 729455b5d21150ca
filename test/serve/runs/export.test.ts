import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { exportModel } from '../../../export/export.js';
import { Exporter } from '../../../serve/runs/exporter.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { refusalOf } from '../serving.js';
import { OneLayerRuns, openAppOnRuns } from './small-runs.js';

const temporary = await mkdtemp(join(tmpdir(), 'kiln-'));
after(() => rm(temporary, { recursive: true, force: true }));
Object.assign(process.env, { TMPDIR: temporary, TEMP: temporary }); // nobody else's files lie there

const trained = await OneLayerRuns.open();
await trained.train({ run: 'größe 1', checkpointSteps: 4 });
const { runs } = trained;
const app = await openAppOnRuns(runs);
const url = `/runs/${encodeURIComponent('größe 1')}/export`;

const order = { checkpoint: 'last', weights: 'ema', evaluate: false } as const;
const never = new AbortController().signal;

async function leftBehind(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('kiln-export-'));
}

test('a checkpoint is answered as the very file that kiln export writes, and leaves nothing behind', async (t) => {
  const response = await app.inject({
    method: 'POST',
    url,
    payload: { checkpoint: 8, weights: 'raw', evaluate: true },
  });
  assert.equal(response.statusCode, 200, response.body);
  const out = join(await temporaryFolder(t), 'model.onnx');
  const written = await exportModel({ source: 'größe 1', runs, out, checkpoint: 8, weights: 'raw' });
  assert.ok(response.rawPayload.equals(await readFile(out)));
  assert.equal(written.metadata.evaluation?.count, 30);
  assert.equal(response.headers.etag, `"${written.digest}"`);
  assert.equal(
    response.headers['content-disposition'],
    `attachment; filename="gr__e_1-step-8-raw.onnx"; filename*=UTF-8''gr%C3%B6%C3%9Fe%201-step-8-raw.onnx`,
  );
  assert.equal(written.metadata.training.steps, 8, 'the control: not the newest');
  assert.deepEqual(await leftBehind(), []);
});

test('what cannot be exported is refused before a process is started', async () => {
  const refused = async (payload: object) => refusalOf(await app.inject({ method: 'POST', url, payload }));
  const { code, received } = await refused({ checkpoint: 7 });
  assert.deepEqual([code, received], ['CHECKPOINT_NOT_FOUND', '7, where there are 12, 10, 8, 5, 4']);
  assert.equal((await refused({ checkpoint: 'newest' })).code, 'REQUEST_INVALID');
  assert.equal((await refused({ weights: 'both' })).code, 'REQUEST_INVALID');
  assert.equal((await refused({ out: '/tmp/x' })).code, 'REQUEST_INVALID');
});

test('one checkpoint is exported at a time, for as long as somebody waits and no longer than is allowed', async () => {
  const closing = new AbortController();
  const exporter = new Exporter(runs, closing.signal);
  const left = new AbortController();
  const first = exporter.export('größe 1', order, left.signal);
  await assert.rejects(exporter.export('größe 1', order, never), { code: 'QUEUE_FULL' });
  left.abort(new Error('the client left'));
  await assert.rejects(first, /the client left/);
  const second = exporter.export('größe 1', order, never); // it is free again
  closing.abort(new Error('the service closes'));
  await assert.rejects(second, /the service closes/);
  // Long enough for the process to be there, too short for it to load what it needs.
  const impatient = new Exporter(runs, never, { longestMs: 150 });
  await assert.rejects(impatient.export('größe 1', order, never), { code: 'QUEUE_TIMEOUT' });
  assert.deepEqual(await leftBehind(), []);
});

test('a refusal of the process names no folder of this machine', async () => {
  await rename(trained.networkFile, `${trained.networkFile}.away`);
  const error = await new Exporter(runs, never).export('größe 1', order, never).catch((reason) => reason);
  assert.equal(error.code, 'FILE_NOT_FOUND');
  assert.match(JSON.stringify(error), /network\.ts/, 'the control: it names the file');
  assert.ok(!JSON.stringify(error).includes(tmpdir()), JSON.stringify(error));
});
