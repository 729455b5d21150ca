import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { families } from '../../serve/metrics/families.js';
import { tinyModel } from '../fixtures/model.js';
import { open } from './connections.js';
import { type Format, parseExposition } from './exposition.js';
import { HandRunPool, turn } from './hand-run-pool.js';
import { png } from './pictures.js';
import { openApp, openAppOn, post, postForm, startApp } from './serving.js';

const accepted: Readonly<Record<Format, string>> = {
  text: '*/*',
  openmetrics:
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
};

async function scrape(app: FastifyInstance, format: Format = 'text') {
  const response = await app.inject({ url: '/metrics', headers: { accept: accepted[format] } });
  assert.equal(response.statusCode, 200);
  const { body, headers } = response;
  return { type: headers['content-type'], body, families: parseExposition(body, format) };
}

type Scraped = Awaited<ReturnType<typeof scrape>>;

function value({ families }: Scraped, series: string): number | undefined {
  const [name = ''] = series.split('{');
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count|total)$/, ''));
  return family?.samples.get(series);
}

async function until(app: FastifyInstance, holds: (scraped: Scraped) => boolean): Promise<Scraped> {
  for (;;) {
    const scraped = await scrape(app);
    if (holds(scraped)) return scraped;
    await turn();
  }
}

/** The labels of the model under test. */
const tiny = 'model="tiny",version="1"';

test('requests are told by route pattern, method and status', async (t) => {
  const app = await openApp(t);
  const picture = await png(1);
  await post(app, picture);
  await postForm(app, { a: picture, b: picture, c: Buffer.from('no picture') });
  await post(app, Buffer.from('no picture'));
  await app.inject('/wp-login.php?user=1');
  await app.inject('/.env');
  const scraped = await scrape(app);
  const requests = 'kiln_requests_total';
  assert.equal(value(scraped, `${requests}{route="/classify",method="POST",status="200"}`), 2);
  assert.equal(value(scraped, `${requests}{route="/classify",method="POST",status="415"}`), 1);
  assert.equal(value(scraped, `${requests}{route="unmatched",method="GET",status="404"}`), 2);
  assert.equal(value(scraped, 'kiln_request_duration_seconds_count{route="/classify",method="POST"}'), 3);
  assert.equal(value(scraped, 'kiln_in_flight_requests'), 1, 'the scrape itself');
  assert.doesNotMatch(scraped.body, /wp-login|env/);
});

test('rows, batches and threads are told by model and version', async (t) => {
  const app = await openApp(t, { source: tinyModel({ name: 'tiny' }) });
  const picture = await png(1);
  await post(app, picture);
  await postForm(app, { a: picture, b: picture });
  const scraped = await scrape(app);
  assert.equal(value(scraped, `kiln_rows_total{${tiny},kind="requests"}`), 3);
  assert.equal(value(scraped, `kiln_rows_total{${tiny},kind="background"}`), 0);
  assert.equal(value(scraped, `kiln_queue_duration_seconds_count{${tiny}}`), 2);
  assert.equal(value(scraped, `kiln_decode_duration_seconds_count{${tiny}}`), 3);
  assert.equal(value(scraped, `kiln_inference_duration_seconds_count{${tiny}}`), 2);
  assert.equal(value(scraped, `kiln_batch_rows_bucket{${tiny},le="1"}`), 1);
  assert.equal(value(scraped, `kiln_batch_rows_bucket{${tiny},le="2"}`), 2);
  assert.equal(value(scraped, `kiln_batch_rows_sum{${tiny}}`), 3);
  assert.equal(value(scraped, `kiln_queue_rows{${tiny}}`), 0);
  assert.equal(value(scraped, `kiln_turned_away_total{${tiny},reason="full"}`), 0);
  assert.equal(value(scraped, 'kiln_model_loads_total{model="tiny",outcome="loaded"}'), 1);
  assert.ok((value(scraped, `kiln_model_load_seconds{${tiny}}`) ?? 0) > 0);
  assert.match(
    scraped.body,
    /^kiln_model_info\{model="tiny",version="1",digest="[0-9a-f]{64}",provider="cpu"\} 1$/m,
  );
  assert.equal(value(scraped, 'kiln_workers'), 1);
  assert.equal(value(scraped, 'kiln_idle_workers'), 1);
  assert.equal(value(scraped, 'kiln_worker_replacements_total'), 0);
  const [active = 0] = scraped.families.get('kiln_worker_active_seconds_total')?.samples.values() ?? [];
  assert.ok(active > 0 && active < performance.now() / 1000, `${active} s`);
  assert.equal(scraped.families.get('kiln_provider_fallback')?.samples.size, 0);
});

test('OpenMetrics is given to whoever accepts it, and changes nothing for others', async (t) => {
  const app = await openApp(t);
  const before = await scrape(app);
  const openMetrics = await scrape(app, 'openmetrics');
  const after = await scrape(app);
  assert.equal(before.type, 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(openMetrics.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  assert.deepEqual([...after.families.keys()], [...before.families.keys()]);
  assert.deepEqual(
    [...openMetrics.families.keys()],
    Array.from(before.families.values(), ({ name, type }) =>
      type === 'counter' ? name.replace(/_total$/, '') : name,
    ),
  );
  assert.ok(before.families.has('nodejs_eventloop_lag_p99_seconds'), 'the process is told of as well');
});

test('a model that is unloaded leaves no series behind', async (t) => {
  const { app, models, close } = await startApp({ source: tinyModel({ name: 'tiny' }) });
  t.after(close);
  await models.load(tinyModel(), { name: 'tiny', version: '2' });
  assert.match((await scrape(app)).body, /version="2"/, 'the control');
  models.unload('tiny', '2');
  assert.doesNotMatch((await scrape(app)).body, /version="2"/);
});

test('a file that is refused is counted', async (t) => {
  const { app, models, close } = await startApp({ source: tinyModel({ name: 'tiny' }) });
  t.after(close);
  await assert.rejects(models.load(Buffer.from('no model'), { name: 'tiny', version: '2' }));
  const scraped = await scrape(app);
  assert.equal(value(scraped, 'kiln_model_loads_total{model="tiny",outcome="refused"}'), 1);
  assert.equal(value(scraped, 'kiln_model_loads_total{model="tiny",outcome="loaded"}'), 1);
});

test('two apps of a process count apart', async (t) => {
  const [one, other] = [await openApp(t), await openApp(t)];
  await one.inject('/health/live');
  const series = 'kiln_requests_total{route="/health/live",method="GET",status="200"}';
  assert.equal(value(await scrape(one), series), 1);
  assert.equal(value(await scrape(other), series), undefined);
});

test('a client that leaves is counted as 499, and nothing stays in flight', async (t) => {
  const pool = new HandRunPool(1);
  const app = await openAppOn(t, pool);
  const address = await app.listen({ port: 0 });
  const running = await open(address);
  const waiting = await open(address);
  const picture = await png(1);
  const head = `POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: ${picture.length}\r\n\r\n`;
  running.write(head);
  running.write(picture);
  await pool.begun(1);
  waiting.write(head);
  waiting.write(picture);
  await until(app, (scraped) => value(scraped, `kiln_queue_rows{${tiny}}`) === 1);
  assert.equal(value(await scrape(app), 'kiln_in_flight_requests'), 3, 'the control: both, and the scrape');
  running.destroy();
  waiting.destroy();
  const scraped = await until(app, (scraped) => value(scraped, 'kiln_in_flight_requests') === 1);
  assert.equal(value(scraped, 'kiln_requests_total{route="/classify",method="POST",status="499"}'), 2);
  assert.match(
    scraped.body,
    /^kiln_turned_away_total\{.*reason="abandoned"\} 1$/m,
    'one of them was running',
  );
  pool.batches[0]!.finish();
});

test('without metrics there is no such route', async (t) => {
  const app = await openApp(t, { metrics: false });
  assert.equal((await app.inject('/metrics')).statusCode, 404);
});

test('docs/operations.md lists the metrics as they are', async () => {
  const path = fileURLToPath(new URL('../../../docs/operations.md', import.meta.url));
  const rows = (await readFile(path, 'utf8')).matchAll(/^\| `(kiln_\w+)` \| (\w+) \|(.*?)\| (.+) \|$/gm);
  const listed = Array.from(rows, ([, name, type, labels = '', help]) => {
    return { name, type, labels: Array.from(labels.matchAll(/`(\w+)`/g), ([, label]) => label), help };
  });
  assert.deepEqual(
    listed,
    Object.entries(families).map(([name, { type, labels, help }]) => ({
      name,
      type,
      labels: [...labels],
      help,
    })),
  );
});
