import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { InferencePool } from '../runtime/worker-pool.js';
import { access } from './access/access.js';
import { batchingSettings } from './batching-settings.js';
import { classify } from './classify.js';
import { Decoder } from './decoder.js';
import { docs } from './docs.js';
import { asKilnError, errors, refuse, refuseConnection } from './errors.js';
import type { SplitOpener } from './evaluations/dataset-thread.js';
import { openEvaluations } from './evaluations/evaluations.js';
import { evaluationPictures } from './evaluations/picture-routes.js';
import { evaluations } from './evaluations/routes.js';
import { answerHeaders, headers } from './headers.js';
import { health } from './health.js';
import { Lifecycle, lifecycleHooks } from './lifecycle.js';
import { followRequests, HttpStatistics } from './metrics/http-statistics.js';
import { countLoads, LoadStatistics } from './metrics/load-statistics.js';
import { metrics } from './metrics/metrics.js';
import { ModelKeeper } from './models/keeper.js';
import { repositoryLog } from './models/log.js';
import { ModelRepository } from './models/repository.js';
import { models } from './models/routes.js';
import type { ModelSource } from './models/scan.js';
import type { ServeOptions } from './options.js';
import { page } from './page.js';
import { requestIds } from './request-ids.js';
import { runs } from './runs/routes.js';
import { openRuns } from './runs/runs.js';
import type { Service } from './service.js';
import { defaultSettings } from './settings/defaults.js';
import { statistics } from './statistics.js';
import type { TlsIdentity } from './tls.js';
import { openTracing, traceRequests } from './tracing/tracing.js';
import { UploadBudget } from './upload-budget.js';
import { openInferenceProtocol } from './v2/plugin.js';
import { refuseByProtocol } from './v2/refusals.js';

/** The options of a service that concern neither its workers nor its address. */
export type AppOptions = Omit<
  ServeOptions,
  'models' | 'host' | 'port' | 'device' | 'workers' | 'threadsPerWorker' | 'tlsCert' | 'tlsKey'
> & {
  /** One model's bytes, or where models lie. */
  readonly source: Uint8Array | ModelSource;
  /** Open, and closed by whoever opened it, after the app. */
  readonly pool: InferencePool;
  /** With it the service speaks HTTPS. */
  readonly tls?: TlsIdentity | undefined;
  /** Where evaluations get their splits; default: the registry's, from `dataDir`. */
  readonly openSplit?: SplitOpener;
  /** Whose log it writes to, which names the requests already; default: one of its own, of `logLevel`. */
  readonly log?: FastifyBaseLogger;
  /** Where clients find it, `/ml`; default: at the root of its address. */
  readonly mountedAt?: string;
};

export interface App {
  readonly app: FastifyInstance;
  readonly models: ModelRepository;
  readonly lifecycle: Lifecycle;
}

/** JSON bodies only describe evaluations. */
const jsonBodyBytes = 16 * 1024;

/**
 * The service without a listener, for `listen` and `inject` alike; its models are loaded. `close()` refuses what comes
 * from then on, interrupts evaluations and resolves when every accepted request has its answer.
 *
 * @throws KilnError OPTION_INVALID, PAGE_NOT_FOUND, FILE_NOT_FOUND (keys), EVALUATIONS_UNUSABLE; MODEL_… where nothing can be served
 */
export async function buildApp(options: AppOptions): Promise<App> {
  const app = fastify({
    ...logging(options),
    genReqId: requestIds(),
    bodyLimit: jsonBodyBytes,
    // Whoever sends slowly holds a connection, and not for long.
    requestTimeout: options.limits?.receiveMs ?? defaultSettings.limits.receiveMs,
    keepAliveTimeout: 72_000,
    ...transport(options.tls),
    ...(options.trustProxy !== undefined && { trustProxy: [...options.trustProxy] }),
    return503OnClosing: false, // lifecycle.ts refuses in our own form
    clientErrorHandler: refuseConnection,
    // Before there is a route there are no hooks.
    frameworkErrors(error, request, reply) {
      const form = request.url.startsWith('/v2') ? refuseByProtocol : refuse;
      void form(reply.headers(answerHeaders), asKilnError(error, request));
    },
    // Unknown parameters are refused, not dropped; classify.ts describes bodies that it does not validate.
    ajv: { customOptions: { removeAdditional: false, strictTypes: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  const tracing = await openTracing({
    endpoint: options.otlpEndpoint,
    onFailure: (error) => app.log.warn({ err: error }, 'the collector takes no traces'),
  });
  const http = new HttpStatistics();
  const loads = new LoadStatistics();
  const service = await buildService(options, app.log, loads);
  const loading = loadModels(options, service); // on the workers, while this thread gathers routes
  loading.catch(() => {}); // awaited below
  // Schemas describe the answers; the results are unions, which JSON.stringify writes faster than fast-json-stringify.
  app.setSerializerCompiler(() => JSON.stringify);

  await app.register(followRequests, { statistics: http });
  await app.register(traceRequests, { tracing });
  await app.register(errors);
  await app.register(headers, { tls: options.tls !== undefined });
  await app.register(lifecycleHooks, service);
  const { apiKeys, corsOrigins, rateLimit } = options;
  await app.register(access, { apiKeys, corsOrigins, rateLimit });
  await app.register(docs, { mountedAt: options.mountedAt });
  await app.register(classify, { service });
  await app.register(evaluations, { service });
  await app.register(runs, { service });
  await app.register(evaluationPictures, { service });
  await app.register(models, { service });
  await app.register(statistics, { service });
  await app.register(openInferenceProtocol, { service, prefix: '/v2' });
  await app.register(health, { service });
  if (options.metrics !== false) await app.register(metrics, { source: { service, http, loads } });
  if (options.pageFolder !== undefined) await app.register(page, { folder: options.pageFolder });

  app.addHook('onListen', async () => service.decoder.start());
  app.addHook('onClose', async () => {
    await service.keeper?.close();
    await service.evaluations.runner.close();
    await service.runs.reader.close();
    await service.models.drained();
    await service.decoder.close();
  });
  await app.ready();
  await loading;
  return { app, models: service.models, lifecycle: service.lifecycle };
}

async function buildService(
  options: AppOptions,
  log: FastifyBaseLogger,
  loads: LoadStatistics,
): Promise<Service & { keeper?: ModelKeeper }> {
  const { pool, source, defaultModel } = options;
  const limits = { ...defaultSettings.limits, ...options.limits };
  const lifecycle = new Lifecycle();
  const batching = batchingSettings(options);
  const observer = countLoads(repositoryLog(log), loads);
  const models = new ModelRepository({ pool, batching, observer, defaultModel });
  const keeper = source instanceof Uint8Array ? undefined : new ModelKeeper(source, models);
  const decoder = new Decoder({ maxPixels: limits.maxPixels, decodeMs: limits.decodeMs });
  const evaluations = await openEvaluations({
    models,
    decoder,
    limits,
    log,
    closing: lifecycle.closing,
    dataDir: options.dataDir ?? defaultSettings.dataDir,
    evaluationsFile: options.evaluationsFile,
    keptPictureBytes: options.keptPictureBytes ?? defaultSettings.keptPictureBytes,
    openSplit: options.openSplit,
  });
  return {
    pool,
    models,
    ...(keeper !== undefined && { keeper }),
    control: options.modelControl ? keeper : undefined,
    lifecycle,
    limits,
    budget: new UploadBudget(limits.totalBytes),
    decoder,
    evaluations,
    runs: openRuns(options.runs, lifecycle.closing),
  };
}

/** @throws KilnError as `buildApp` */
async function loadModels(
  { source, defaultModel, modelControl, pollMs = defaultSettings.pollMs }: AppOptions,
  { models, keeper }: { readonly models: ModelRepository; readonly keeper?: ModelKeeper },
): Promise<void> {
  if (source instanceof Uint8Array) await models.load(source, {});
  await keeper?.loadAll();
  if (defaultModel !== undefined) models.find(); // refused early where it is not there
  if (pollMs > 0 && modelControl !== true) keeper?.watch(pollMs);
}

/** Two lines a request would cost a small model a tenth of its throughput: they are for debugging. */
function logging({ log, logLevel: level = defaultSettings.logLevel }: AppOptions) {
  if (log !== undefined)
    return { loggerInstance: log, logController: new LogController({ disableRequestLogging: true }) };
  if (level === 'silent') return { logger: false } as const;
  const disableRequestLogging = level !== 'debug' && level !== 'trace';
  return { logger: { level }, logController: new LogController({ disableRequestLogging }) };
}

/** Whoever is slow to say what it wants loses its connection. */
function transport(tls: TlsIdentity | undefined) {
  const http = { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 };
  return tls === undefined ? { http } : { https: { ...http, ...tls } };
}
