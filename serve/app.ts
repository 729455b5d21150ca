import { randomBytes } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { defaultDataDir } from '../data/registry.js';
import type { InferencePool } from '../runtime/worker-pool.js';
import { batchingSettings } from './batching-settings.js';
import { classify } from './classify.js';
import { type SplitOpener, threadedOpener } from './dataset-thread.js';
import { Decoder } from './decoder.js';
import { docs } from './docs.js';
import { errors, refuseConnection } from './errors.js';
import { EvaluationStore } from './evaluation-store.js';
import { evaluations } from './evaluations.js';
import { health } from './health.js';
import { Lifecycle, lifecycleHooks } from './lifecycle.js';
import { ModelKeeper } from './models/keeper.js';
import { repositoryLog } from './models/log.js';
import { ModelRepository } from './models/repository.js';
import { models } from './models/routes.js';
import type { ModelSource } from './models/scan.js';
import type { LogLevel, ServeOptions } from './options.js';
import { origin } from './origin.js';
import { page } from './page.js';
import type { Service } from './service.js';
import { statistics } from './statistics.js';
import { defaultUploadLimits } from './uploads.js';

/** The options of a service that concern neither its workers nor its address. */
export type AppOptions = Omit<
  ServeOptions,
  'models' | 'host' | 'port' | 'device' | 'workers' | 'threadsPerWorker'
> & {
  /** One model's bytes, or where models lie. */
  readonly source: Uint8Array | ModelSource;
  /** Open, and closed by whoever opened it, after the app. */
  readonly pool: InferencePool;
  /** Where evaluations get their splits; default: the registry's, from `dataDir`. */
  readonly openSplit?: SplitOpener;
};

export interface App {
  readonly app: FastifyInstance;
  readonly models: ModelRepository;
}

/** How often files are looked at for changes, in ms. */
const defaultPollMs = 1000;

/** JSON bodies only describe evaluations. */
const jsonBodyBytes = 16 * 1024;

/**
 * The service without a listener, for `listen` and `inject` alike; its models are loaded. `close()` refuses what comes
 * from then on, cancels evaluations and resolves when every accepted request has its answer.
 *
 * @throws KilnError OPTION_INVALID, PAGE_NOT_FOUND; MODEL_… where nothing can be served
 */
export async function buildApp(options: AppOptions): Promise<App> {
  const app = fastify({
    ...logging(options.logLevel ?? 'info'),
    genReqId: requestIds(),
    bodyLimit: jsonBodyBytes,
    // Whoever sends slowly holds a connection, and not for long.
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 },
    return503OnClosing: false, // lifecycle.ts refuses in our own form
    clientErrorHandler: refuseConnection,
    // Unknown parameters are refused, not dropped; classify.ts describes bodies that it does not validate.
    ajv: { customOptions: { removeAdditional: false, strictTypes: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  const service = buildService(options, app.log);
  // Schemas describe the answers; the results are unions, which JSON.stringify writes faster than fast-json-stringify.
  app.setSerializerCompiler(() => JSON.stringify);

  await app.register(errors);
  await app.register(lifecycleHooks, service);
  await app.register(origin);
  await app.register(docs);
  await app.register(classify, { service });
  await app.register(evaluations, { service });
  await app.register(models, { service });
  await app.register(statistics, { service });
  await app.register(health, { service });
  if (options.pageFolder !== undefined) await app.register(page, { folder: options.pageFolder });

  app.addHook('onListen', async () => service.decoder.start());
  app.addHook('onClose', async () => {
    await service.keeper?.close();
    await service.models.drained();
    await service.decoder.close();
  });
  await app.ready();
  await loadModels(options, service);
  return { app, models: service.models };
}

function buildService(options: AppOptions, log: FastifyBaseLogger): Service & { keeper?: ModelKeeper } {
  const { pool, source, defaultModel } = options;
  const limits = { ...defaultUploadLimits, ...options.limits };
  const lifecycle = new Lifecycle();
  const batching = batchingSettings(options);
  const models = new ModelRepository({ pool, batching, observer: repositoryLog(log), defaultModel });
  const keeper = source instanceof Uint8Array ? undefined : new ModelKeeper(source, models);
  return {
    pool,
    models,
    ...(keeper !== undefined && { keeper }),
    control: options.modelControl ? keeper : undefined,
    lifecycle,
    limits,
    decoder: new Decoder({ maxPixels: limits.maxPixels }),
    evaluations: new EvaluationStore(
      models,
      options.openSplit ?? threadedOpener(options.dataDir ?? defaultDataDir()),
      lifecycle.closing,
    ),
  };
}

/** @throws KilnError as `buildApp` */
async function loadModels(
  { source, defaultModel, modelControl, pollMs = defaultPollMs }: AppOptions,
  { models, keeper }: { readonly models: ModelRepository; readonly keeper?: ModelKeeper },
): Promise<void> {
  if (source instanceof Uint8Array) await models.load(source, {});
  await keeper?.loadAll();
  if (defaultModel !== undefined) models.find(); // refused early where it is not there
  if (pollMs > 0 && modelControl !== true) keeper?.watch(pollMs);
}

/** Two lines a request would cost a small model a tenth of its throughput: they are for debugging. */
function logging(level: LogLevel) {
  if (level === 'silent') return { logger: false } as const;
  const disableRequestLogging = level !== 'debug' && level !== 'trace';
  return { logger: { level }, logController: new LogController({ disableRequestLogging }) };
}

/** Unique among restarts and cheap: a random prefix and a count. */
function requestIds(): () => string {
  const prefix = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
