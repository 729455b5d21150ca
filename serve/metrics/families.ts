import type { LiveModel } from '../models/live-model.js';
import type { Service } from '../service.js';
import { type Families, type Family, histograms, numbers, type Sample } from './family.js';
import type { Histogram } from './histogram.js';
import type { HttpStatistics } from './http-statistics.js';
import type { LoadStatistics } from './load-statistics.js';

/** What the metrics tell of. */
export interface MetricsSource {
  readonly service: Pick<Service, 'pool' | 'models'>;
  readonly http: HttpStatistics;
  readonly loads: LoadStatistics;
}

/** Everything that /metrics tells beside the process's own; docs/operations.md lists the same, and a test checks it. */
export const families = {
  kiln_requests_total: numbers(
    'counter',
    'HTTP requests that are over, by route pattern; status 499: the client left before its answer.',
    ['route', 'method', 'status'],
    ({ http }: MetricsSource) =>
      Array.from(http.routes()).flatMap(({ route, method, byStatus }) =>
        Array.from(byStatus, ([status, value]) => ({
          labels: { route, method, status: String(status) },
          value,
        })),
      ),
  ),
  kiln_request_duration_seconds: histograms(
    'From the headers of a request to the end of its answer.',
    ['route', 'method'],
    ({ http }: MetricsSource) =>
      Array.from(http.routes(), ({ route, method, seconds }) => ({
        labels: { route, method },
        value: seconds,
      })),
  ),
  kiln_in_flight_requests: one('gauge', 'HTTP requests under way.', ({ http }) => http.inFlight),
  kiln_queue_rows: perModel(
    'gauge',
    'Rows that are admitted and do not run yet, decoding included.',
    ({ batcher }) => batcher.waitingRows,
  ),
  kiln_queue_duration_seconds: histogramPerModel(
    'From the admission of a request until its rows began to run, decoding before that included.',
    ({ statistics }) => statistics.queueSeconds,
  ),
  kiln_decode_duration_seconds: histogramPerModel(
    'Decoding of a picture, from the file to the frame; tensors are not decoded.',
    ({ statistics }) => statistics.decodeSeconds,
  ),
  kiln_inference_duration_seconds: histogramPerModel(
    'Runs of the model for requests.',
    ({ statistics }) => statistics.inferenceSeconds,
  ),
  kiln_batch_rows: histogramPerModel(
    'Rows of the runs for requests.',
    ({ statistics }) => statistics.batchRows,
  ),
  kiln_rows_total: numbers(
    'counter',
    'Rows that ran, for requests or in the background for evaluations.',
    ['model', 'version', 'kind'],
    ({ service }: MetricsSource) =>
      service.models.live.flatMap((model) => {
        const { requests, background } = model.statistics.snapshot();
        return [
          { labels: { ...labelsOf(model), kind: 'requests' }, value: requests.rows },
          { labels: { ...labelsOf(model), kind: 'background' }, value: background.rows },
        ];
      }),
  ),
  kiln_turned_away_total: numbers(
    'counter',
    'Requests that never ran: the queue was full, the deadline passed, the client left.',
    ['model', 'version', 'reason'],
    ({ service }: MetricsSource) =>
      service.models.live.flatMap((model) =>
        Object.entries(model.statistics.snapshot().turnedAway).map(([reason, value]) => ({
          labels: { ...labelsOf(model), reason },
          value,
        })),
      ),
  ),
  kiln_model_info: numbers(
    'gauge',
    'Always 1: a model that answers requests, and where it runs.',
    ['model', 'version', 'digest', 'provider'],
    ({ service }: MetricsSource) =>
      service.models.live.map((model) => ({
        labels: { ...labelsOf(model), digest: model.digest, provider: model.provider },
        value: 1,
      })),
  ),
  kiln_model_load_seconds: perModel(
    'gauge',
    'From the checked file to a warm session on every worker.',
    ({ loadMs }) => loadMs / 1000,
  ),
  kiln_model_loads_total: numbers(
    'counter',
    'Model files that were loaded or refused.',
    ['model', 'outcome'],
    ({ loads }: MetricsSource) =>
      Array.from(loads.totals(), ({ model, outcome, count }) => ({
        labels: { model, outcome },
        value: count,
      })),
  ),
  kiln_provider_fallback: numbers(
    'gauge',
    'Always 1: device auto settled for this provider because a better one could not run.',
    ['asked', 'provider'],
    ({ service }: MetricsSource) => fallbacks(service.models.live),
  ),
  kiln_workers: one(
    'gauge',
    'Inference threads alive or being replaced.',
    ({ service }) => service.pool.workers,
  ),
  kiln_idle_workers: one(
    'gauge',
    'Inference threads that could take a batch.',
    ({ service }) => service.pool.idle,
  ),
  kiln_worker_active_seconds_total: numbers(
    'counter',
    'How long an inference thread was busy, loading models included.',
    ['thread'],
    ({ service }: MetricsSource) =>
      service.pool.usage.map(({ thread, activeMs }) => ({
        labels: { thread: String(thread) },
        value: activeMs / 1000,
      })),
  ),
  kiln_worker_replacements_total: one(
    'counter',
    'Inference threads that died and were replaced.',
    ({ service }) => service.pool.replaced,
  ),
} satisfies Families<MetricsSource>;

function one(
  type: 'counter' | 'gauge',
  help: string,
  read: (source: MetricsSource) => number,
): Family<MetricsSource> {
  return numbers(type, help, [], (source: MetricsSource) => [{ labels: {}, value: read(source) }]);
}

function perModel(type: 'gauge', help: string, read: (model: LiveModel) => number): Family<MetricsSource> {
  return numbers(type, help, ['model', 'version'], ofEach(read));
}

function histogramPerModel(help: string, read: (model: LiveModel) => Histogram): Family<MetricsSource> {
  return histograms(help, ['model', 'version'], ofEach(read));
}

function ofEach<Value>(read: (model: LiveModel) => Value) {
  return ({ service }: MetricsSource): Sample<'model' | 'version', Value>[] =>
    service.models.live.map((model) => ({ labels: labelsOf(model), value: read(model) }));
}

function labelsOf({ name, version }: LiveModel) {
  return { model: name, version };
}

/** Only `auto` settles for less; each provider it settled for is told once, however many models run on it. */
function fallbacks(models: readonly LiveModel[]): Sample<'asked' | 'provider', number>[] {
  const providers = new Set(models.flatMap(({ failed, provider }) => (failed.length > 0 ? [provider] : [])));
  return Array.from(providers, (provider) => ({ labels: { asked: 'auto', provider }, value: 1 }));
}
