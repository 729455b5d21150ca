import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunsFolder } from '../../../serve/runs/runs-folder.js';
import type { RunMetrics, RunSummary, RunView } from '../../../serve/runs/views.js';
import { readMetrics } from '../../../train/metrics.js';
import { lockRun } from '../../../train/run-lock.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { refusalOf } from '../serving.js';
import { OneLayerRuns, openAppOnRuns } from './small-runs.js';

const trained = await OneLayerRuns.open();
await trained.train({ run: 'first', seed: 3, checkpointSteps: 4 });
await trained.train({ run: 'second, längër', steps: 5 });
const { runs } = trained;
const app = await openAppOnRuns(runs);

test('a run is told as its files tell it', async () => {
  const list = (await app.inject('/runs')).json<RunSummary[]>();
  assert.deepEqual(
    list.map(({ name, state, step, totalSteps }) => [name, state, step, totalSteps]),
    [
      ['second, längër', 'finished', 5, 5],
      ['first', 'finished', 12, 12],
    ],
  );
  assert.equal((await app.inject('/runs?limit=1')).json().length, 1);

  const run = (await app.inject('/runs/first')).json<RunView>();
  const rows = readMetrics(join(runs, 'first', 'metrics.csv'));
  const { configuration, checkpoints, bestStep, ...summary } = run;
  assert.deepEqual(summary, list[1]);
  assert.deepEqual([run.network, run.dataset, run.recipe], ['my network', 'light', 'small']);
  assert.equal(run.loss, rows.findLast(({ loss }) => loss !== undefined)?.loss);
  assert.equal(
    run.bestValidation?.ema,
    Math.max(...rows.flatMap(({ validation_ema }) => validation_ema ?? [])),
  );
  assert.deepEqual([configuration.seed, configuration.batch, configuration.examples], [3, 16, 80]);
  assert.deepEqual(configuration.labels, ['dark', 'light']);
  assert.deepEqual(
    checkpoints.map(({ step }) => step),
    [12, 10, 8, 5, 4],
  );
  const measured = checkpoints.filter(({ validation }) => validation !== null);
  assert.ok(measured.length > 0 && measured.length < checkpoints.length);
  const best = checkpoints.find(({ step }) => step === bestStep);
  assert.ok(measured.every(({ validation }) => validation!.ema <= best!.validation!.ema));

  const metrics = (await app.inject('/runs/first/metrics')).json<RunMetrics>();
  assert.equal(metrics.lastStep, 12);
  assert.deepEqual(
    metrics.rows.map(({ step, loss, validationEma }) => [step, loss, validationEma]),
    rows.map(({ step, loss, validation_ema }) => [step, loss, validation_ema]),
  );
});

test('a run that goes on is followed from the last step that is known', async (t) => {
  const file = join(runs, 'first', 'metrics.csv');
  const get = async <T>(url: string) => (await app.inject(url)).json<T>();
  assert.equal((await get<RunView>('/runs/first')).state, 'finished', 'the control');
  const lock = lockRun(join(runs, 'first'));
  t.after(() => lock.release());
  assert.equal((await get<RunView>('/runs/first')).state, 'running');

  await appendFile(file, '21,4.2,9.5,0.01,1.25,1.2,100,0,,,,\n');
  const { state, step, loss } = await get<RunView>('/runs/first');
  assert.deepEqual([state, step, loss], ['running', 21, 1.25]);
  await appendFile(file, '21,4.2,9.6,,,,,,0.75,0.5,1,1\n31,6.2,9.7,0.01,NaN,NaN,100,0,,,,\n41,8.2,');
  const { lastStep, rows } = await get<RunMetrics>('/runs/first/metrics?from=21');
  assert.equal(lastStep, 31);
  assert.deepEqual(
    rows.map(({ step, loss, validationEma }) => [step, loss, validationEma]),
    [
      [21, 1.25, undefined],
      [21, undefined, 0.75],
      [31, null, undefined],
    ],
    'a validation of the same step, what is not finite, and nothing that is not whole',
  );
  const [, { lastValidation, loss: last } = assert.fail()] = await get<RunSummary[]>('/runs');
  assert.deepEqual([lastValidation, last], [{ step: 21, ema: 0.75, raw: 0.5 }, null]);

  // Resumed from an earlier checkpoint: the file is replaced by a shorter one.
  const [head, first] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(`${file}.tmp`, `${head}\n${first}\n`);
  await rename(`${file}.tmp`, file);
  assert.deepEqual((await get<RunMetrics>('/runs/first/metrics')).rows.length, 1);
});

test('no folder of runs is no run, and what is no run is passed over', async () => {
  assert.deepEqual(await new RunsFolder(join(runs, 'none')).list(10), []);
  await mkdir(join(runs, 'empty'));
  await mkdir(join(runs, 'broken'));
  await writeFile(join(runs, 'broken', 'config.json'), '{"format":1');
  await writeFile(join(runs, 'file'), '');
  const list = await new RunsFolder(runs).list(10);
  assert.deepEqual(
    list.map(({ name }) => name),
    ['second, längër', 'first'],
  );
});

test('a name that is not listed is refused, and a link is not followed', async (t) => {
  await rename(join(runs, 'first'), join(runs, 'good'));
  const outside = await temporaryFolder(t);
  await cp(join(runs, 'good'), join(outside, 'secret'), { recursive: true });
  await symlink(join(outside, 'secret'), join(runs, 'linked'));
  await cp(join(runs, 'good'), join(runs, 'partly'), { recursive: true });
  await writeFile(join(outside, 'metrics.csv'), 'step,seconds\n1,1\n');
  const metrics = join(runs, 'partly', 'metrics.csv');
  await rename(metrics, `${metrics}.old`);
  await symlink(join(outside, 'metrics.csv'), metrics);

  assert.equal((await app.inject('/runs/good')).statusCode, 200, 'the control');
  const encoded = ['%2e%2e%2fruns%2fgood', '%2fetc', 'good%2f', 'good%00', '..%5cgood'];
  for (const name of ['god', 'linked', 'partly', encodeURIComponent(join(runs, 'good')), ...encoded]) {
    for (const request of [
      { url: `/runs/${name}` },
      { url: `/runs/${name}/metrics` },
      { method: 'POST', url: `/runs/${name}/export`, payload: {} },
    ] as const) {
      const response = await app.inject(request);
      const { code, message, expected } = refusalOf(response);
      assert.equal(code, 'RUN_NOT_FOUND', `${name}: ${response.body}`);
      assert.ok(!`${message}${expected}`.includes(runs));
    }
  }
  assert.match(refusalOf(await app.inject('/runs/god')).expected, /did you mean good\?$/);
});
