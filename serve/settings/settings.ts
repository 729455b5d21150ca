import { fileURLToPath } from 'node:url';
import { defaultDataDir } from '../../data/registry.js';
import { devices, endpoint, networks, oneOf, origins, path, switched, whole, word } from './kinds.js';
import { type Setting, setting } from './setting.js';

export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

const mebibyte = 1024 ** 2;
const day = 24 * 60 * 60 * 1000;
const modelName = word(/^[^/\\]+$/, "a model's name");
const hostName = word(/^\S+$/, 'a name or an address');

/**
 * Every option of the service. Flags, environment variables, the configuration file, --help, the documentation and
 * the types of the code follow from this map.
 */
export const settings = {
  models: setting(path, {
    chapter: 'Models',
    flag: '[models]',
    default: fileURLToPath(new URL('../../../models/cifar10-deepcnn.onnx', import.meta.url)),
    otherwise: 'the model that ships with kiln',
    description: 'an exported ONNX file, or a folder of them',
  }),
  defaultModel: setting(modelName, {
    chapter: 'Models',
    flag: '--default-model <name>',
    otherwise: 'the first by name',
    description: 'the model of requests that name none',
  }),
  pollMs: setting(whole(0, day), {
    chapter: 'Models',
    flag: '--poll <ms>',
    default: 1000,
    description: 'how often files are looked at for new and replaced models; 0 never',
  }),
  modelControl: setting(switched, {
    chapter: 'Models',
    flag: '--model-control',
    default: false,
    description: 'models are loaded and unloaded by request instead of by watching their files',
  }),
  device: setting(devices, {
    chapter: 'Models',
    flag: '--device <name>',
    default: 'auto',
    description: 'auto, cpu, cuda, cuda:N or webgpu; several GPUs share the workers',
  }),
  host: setting(hostName, {
    chapter: 'Address',
    flag: '--host <name>',
    default: '127.0.0.1',
    description: 'address to listen on; 0.0.0.0 for all',
  }),
  port: setting(whole(0, 65_535), {
    chapter: 'Address',
    flag: '--port <n>',
    default: 8080,
    description: 'port to listen on; 0 takes a free one',
  }),
  tlsCert: setting(path, {
    chapter: 'Address',
    flag: '--tls-cert <file>',
    otherwise: 'plain HTTP',
    description: 'certificate chain (PEM) to speak HTTPS with',
  }),
  tlsKey: setting(path, {
    chapter: 'Address',
    flag: '--tls-key <file>',
    otherwise: 'plain HTTP',
    description: "the certificate's private key (PEM)",
  }),
  trustProxy: setting(networks, {
    chapter: 'Address',
    flag: '--trust-proxy <network>',
    otherwise: 'nobody',
    description: 'proxies whose X-Forwarded-… headers are believed',
  }),
  page: setting(switched, {
    chapter: 'Address',
    flag: '--no-page',
    default: true,
    description: 'the page at /',
  }),
  workers: setting(whole(1, 1024), {
    chapter: 'Batching',
    flag: '--workers <n>',
    otherwise: 'one a core',
    description: 'inference threads',
  }),
  threadsPerWorker: setting(whole(1, 1024), {
    chapter: 'Batching',
    flag: '--threads-per-worker <n>',
    otherwise: 'the cores divided by the workers',
    description: 'threads that one run computes with',
  }),
  // 32 pictures in one request are one run; on a CPU more gain nothing and fall out of the cache. Under load batches
  // form by themselves while the workers are busy: to wait for more while one is idle would only cost latency.
  maxBatch: setting(whole(1, 1024), {
    chapter: 'Batching',
    flag: '--max-batch <rows>',
    default: 32,
    description: 'pictures in one run at most',
  }),
  maxDelayMs: setting(whole(0, 60_000), {
    chapter: 'Batching',
    flag: '--max-delay <ms>',
    default: 0,
    description: 'how long a batch that is not full waits for more; a lone request never does',
  }),
  queueRows: setting(whole(1, 65_536), {
    chapter: 'Batching',
    flag: '--queue-rows <rows>',
    default: 256,
    description: 'pictures that may wait, decoding included',
  }),
  deadlineMs: setting(whole(1, 600_000), {
    chapter: 'Batching',
    flag: '--deadline <ms>',
    default: 10_000,
    description: 'how long a request may wait until it runs',
  }),
  limits: {
    fileBytes: setting(whole(1, 2 ** 31), {
      chapter: 'Limits',
      flag: '--max-file-bytes <n>',
      default: 10 * mebibyte,
      description: 'bytes of one picture',
    }),
    files: setting(whole(1, 1024), {
      chapter: 'Limits',
      flag: '--max-files <n>',
      default: 32,
      description: 'pictures of one request',
    }),
    requestBytes: setting(whole(1, 2 ** 31), {
      chapter: 'Limits',
      flag: '--max-request-bytes <n>',
      default: 64 * mebibyte,
      description: 'bytes of one request',
    }),
    totalBytes: setting(whole(1, 2 ** 40), {
      chapter: 'Limits',
      flag: '--max-total-bytes <n>',
      default: 512 * mebibyte,
      description: 'bytes of all requests that are received or wait, together',
    }),
    maxPixels: setting(whole(1, 2 ** 31), {
      chapter: 'Limits',
      flag: '--max-pixels <n>',
      default: 50_000_000,
      description: 'width × height of one picture',
    }),
    archiveBytes: setting(whole(1, 2 ** 40), {
      chapter: 'Limits',
      flag: '--max-archive-bytes <n>',
      default: 1024 * mebibyte,
      description: 'bytes of an archive uploaded to POST /evaluations, packed',
    }),
    receiveMs: setting(whole(1000, 3_600_000), {
      chapter: 'Limits',
      flag: '--max-receive <ms>',
      default: 30_000,
      description: 'how long a request may take to arrive; large archives over slow lines need more',
    }),
    decodeMs: setting(whole(1, 600_000), {
      chapter: 'Limits',
      flag: '--max-decode <ms>',
      default: 10_000,
      description: 'how long the decoding of one picture may take',
    }),
  },
  apiKeys: setting(path, {
    chapter: 'Access',
    flag: '--api-keys <file>',
    otherwise: 'no key is asked for',
    description: 'file of the keys that requests must carry; `kiln api-key NAME` makes a line of it',
  }),
  rateLimit: setting(whole(1, 1_000_000), {
    chapter: 'Access',
    flag: '--rate-limit <n>',
    otherwise: 'no limit',
    description: 'requests a minute of one key, or of one address where no keys are asked for',
  }),
  corsOrigins: setting(origins, {
    chapter: 'Access',
    flag: '--cors-origin <url>',
    otherwise: 'this service alone',
    description: 'sites whose pages may use the service',
  }),
  dataDir: setting(path, {
    chapter: 'Evaluations',
    flag: '--data-dir <dir>',
    default: defaultDataDir(),
    otherwise: "kiln's cache folder",
    description: 'where datasets for POST /evaluations lie',
  }),
  evaluationsFile: setting(path, {
    chapter: 'Evaluations',
    flag: '--evaluations <file>',
    otherwise: 'they end with the process',
    description: 'database that keeps evaluations',
  }),
  // 5,461 pictures of 32×32, 111 of 224×224. They are chosen in memory, and written down at once.
  keptPictureBytes: setting(whole(0, 256 * mebibyte), {
    chapter: 'Evaluations',
    flag: '--kept-picture-bytes <n>',
    default: 16 * mebibyte,
    description:
      'bytes of pixels of an uploaded archive that stay with its evaluation, wrong answers first; 0 none',
  }),
  runs: setting(path, {
    chapter: 'Runs',
    flag: '--runs <dir>',
    otherwise: 'runs, where the service is started',
    description: 'where training runs lie that GET /runs tells of',
  }),
  logLevel: setting(oneOf(logLevels), {
    chapter: 'Operations',
    flag: '--log-level <level>',
    default: 'warn',
    description: `what is logged as JSON: ${logLevels.join(', ')}; from debug on every request`,
  }),
  metrics: setting(switched, {
    chapter: 'Operations',
    flag: '--no-metrics',
    default: true,
    description: 'figures for Prometheus at /metrics',
  }),
  otlpEndpoint: setting(endpoint, {
    chapter: 'Operations',
    flag: '--otlp-endpoint <url>',
    standardVariable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    otherwise: 'no traces',
    description: 'collector that traces are sent to',
  }),
  drainMs: setting(whole(0, 600_000), {
    chapter: 'Operations',
    flag: '--drain <ms>',
    default: 12_000,
    description: 'how long accepted requests may take once the service ends',
  }),
  supervise: setting(switched, {
    chapter: 'Operations',
    flag: '--supervise',
    default: false,
    description: 'starts the service again when it crashes',
  }),
} as const satisfies Readonly<Record<string, Setting<unknown> | Readonly<Record<string, Setting<unknown>>>>>;

/** The value of every setting; those without a default may be missing. */
export type Settings = Values<typeof settings>;

/** Some of them: what a configuration file may hold. */
export type ServeConfig = Partial<Omit<Settings, 'limits'>> & {
  readonly limits?: Partial<Settings['limits']>;
};

type Values<M> = {
  readonly [K in keyof M as M[K] extends Unset ? never : K]: Value<M[K]>;
} & {
  readonly [K in keyof M as M[K] extends Unset ? K : never]?: Value<M[K]>;
};
type Value<S> = S extends Setting<infer T> ? T : Values<S>;
type Unset = { readonly default: undefined };
