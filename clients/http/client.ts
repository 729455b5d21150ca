import type { Api, BatchStatistics, Classification, ModelCard, ModelList } from './api.js';
import { type CallOptions, Connection, type ConnectionOptions, readJson } from './connection.js';
import { Evaluations } from './evaluations.js';
import { formOf, type Picture } from './pictures.js';
import type { Replay } from './retry.js';
import { ServiceError, unreadable } from './service-error.js';

export type * from './api.js';
export type { CallOptions, ConnectionOptions as ClientOptions } from './connection.js';
export type {
  ArchiveOrder,
  DatasetOrder,
  EvaluationFilter,
  Evaluations,
  PictureFilter,
} from './evaluations.js';
export type { Picture, PictureData } from './pictures.js';
export type { Replay } from './retry.js';
export { type ConnectionErrorCode, ServiceError } from './service-error.js';

/** Which model; default: the service's, in its highest version. */
export type ModelChoice = Api['GET /model']['query'];

/** Which model, and `top`: how many labels of each picture, 5 (or all, where there are fewer) by default. */
export type ClassifyOptions = Api['POST /classify']['query'] &
  CallOptions & {
    /**
     * After which failures it is asked again. Default: `unless-accepted`, so that a busy service does no work twice;
     * `harmless`: after lost connections and refusals of a proxy too, for classifying changes nothing.
     */
    readonly replay?: Replay | undefined;
  };

export interface ServedFile {
  /** The ONNX file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its sha256, in hexadecimal digits. */
  readonly digest: string;
}

export type Health =
  | { readonly status: 'ready' }
  /** It answers, and takes no requests yet, or no more; or nothing answers. */
  | { readonly status: 'not-ready' | 'unreachable'; readonly error: ServiceError };

/**
 * A kiln service over HTTP, from Node, a browser, or what else has `fetch`. All methods throw ServiceError, or the
 * reason of a signal that aborts.
 *
 * Requests that the service refuses for the moment (503, 429) are made again after what its Retry-After says, and so
 * are those that never reached it; a lost connection is followed by another attempt only where the request changes
 * nothing.
 */
export class KilnClient {
  readonly evaluations: Evaluations;
  readonly #connection: Connection;

  /**
   * @param address `http://127.0.0.1:8080`; a path, where the service lies behind a prefix
   * @throws TypeError for an address that is no URL, or a key that no header can hold
   */
  constructor(address: string | URL, options: ConnectionOptions = {}) {
    this.#connection = new Connection(address, options);
    this.evaluations = new Evaluations(this.#connection);
  }

  /**
   * The most probable labels of each picture, in the order of the pictures. One that is refused has `error` in place
   * of `predictions` and fails no other; the call throws where the whole request is refused.
   */
  async classify(
    pictures: Picture | readonly Picture[],
    options: ClassifyOptions = {},
  ): Promise<Classification> {
    const { top, model, version, replay = 'unless-accepted', ...call } = options;
    const list = isList(pictures) ? pictures : [pictures];
    return this.#connection.call(
      {
        method: 'POST',
        path: 'classify',
        query: { top, model, version },
        body: (signal) => formOf(list, signal),
        replay,
        read: readJson<Classification>,
        answerIn: (refusal) =>
          hasResults(refusal) ? { model: refusal.model, results: refusal.results } : undefined,
      },
      call,
    );
  }

  /** Every version of every model. */
  models(options: CallOptions = {}): Promise<ModelList> {
    return this.#get('models', {}, options);
  }

  /** How one came to be, and how it runs. */
  model({ model, version, ...call }: ModelChoice & CallOptions = {}): Promise<ModelCard> {
    return this.#get('model', { model, version }, call);
  }

  /**
   * The ONNX file, whole: where the platform has Web Crypto, its bytes are held against the digest. It may take as
   * long as it takes unless `timeoutMs` is given.
   */
  modelFile({ model, version, ...call }: ModelChoice & CallOptions = {}): Promise<ServedFile> {
    return this.#connection.call(
      {
        method: 'GET',
        path: 'model/file',
        query: { model, version },
        replay: 'harmless',
        read: readFile,
      },
      { ...call, timeoutMs: call.timeoutMs ?? Number.POSITIVE_INFINITY },
    );
  }

  /** What batching made of one model's requests so far. */
  statistics({ model, version, ...call }: ModelChoice & CallOptions = {}): Promise<BatchStatistics> {
    return this.#get('statistics', { model, version }, call);
  }

  /** Whether the service takes requests now; it is asked once. */
  async health(options: CallOptions = {}): Promise<Health> {
    try {
      const read = readJson<Api['GET /health/ready']['answer']>;
      return await this.#connection.call(
        { method: 'GET', path: 'health/ready', replay: 'never', read },
        options,
      );
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.status === 503) return { status: 'not-ready', error };
      if (error.status === undefined) return { status: 'unreachable', error };
      throw error;
    }
  }

  #get<Answer>(path: string, query: Record<string, string | undefined>, options: CallOptions) {
    const call = { method: 'GET', path, query, replay: 'harmless' } as const;
    return this.#connection.call({ ...call, read: readJson<Answer> }, options);
  }
}

function isList(pictures: Picture | readonly Picture[]): pictures is readonly Picture[] {
  return Array.isArray(pictures);
}

/** A form of which every picture is refused has the status of the first, and all results. */
function hasResults(refusal: unknown): refusal is Classification {
  return typeof refusal === 'object' && refusal !== null && 'model' in refusal && 'results' in refusal;
}

/** @throws ServiceError SERVICE_ANSWER_UNREADABLE where the bytes are not those of the digest */
async function readFile(response: Response): Promise<ServedFile> {
  const digest = /^"([0-9a-f]{64})"$/.exec(response.headers.get('etag') ?? '')?.[1];
  if (digest === undefined) throw unreadable(response, 'a file without its digest as ETag');
  const bytes = new Uint8Array(await response.arrayBuffer());
  const found = await sha256(bytes);
  if (found !== undefined && found !== digest) throw unreadable(response, `a file whose sha256 is ${found}`);
  return { bytes, digest };
}

/** undefined in a page that came over plain HTTP: browsers give it no Web Crypto. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const hash = await globalThis.crypto?.subtle?.digest('SHA-256', bytes);
  if (hash === undefined) return undefined;
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
