import type { Api, Comparison, Evaluation, EvaluationList, PictureList } from './api.js';
import { type Call, type CallOptions, type Connection, readJson } from './connection.js';
import { serverSentEvents } from './event-stream.js';
import { ServiceError, unreadable } from './service-error.js';

/** Of a dataset that the service has. */
export type DatasetOrder = Api['POST /evaluations']['body'];

/** Of an archive (zip, tar, CIFAR records) that is sent; a stream is sent as it comes, where the platform can. */
export type ArchiveOrder = Api['POST /evaluations']['query'] & {
  readonly archive: Blob | Uint8Array | ReadableStream<Uint8Array>;
};

export type EvaluationFilter = Api['GET /evaluations']['query'];

/** Which pictures of an evaluation: of a cell of its confusion matrix, or only wrong ones; page by page. */
export type PictureFilter = Api['GET /evaluations/{id}/pictures']['query'];

/** The evaluations of a service. All methods throw ServiceError, or the reason of a signal that aborts. */
export class Evaluations {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Starts one. It is asked for again only where the service has refused it before it began, or was not reached at
   * all; with a stream never. An archive may take as long as it takes unless `timeoutMs` is given.
   */
  start(order: DatasetOrder | ArchiveOrder, options: CallOptions = {}): Promise<Evaluation> {
    const call = { method: 'POST', path: 'evaluations', read: readJson<Evaluation> } as const;
    if (!('archive' in order)) {
      const body = JSON.stringify(order);
      return this.#connection.call(
        { ...call, type: 'application/json', body, replay: 'unless-accepted' },
        options,
      );
    }
    const { archive, ...query } = order;
    const stream = archive instanceof ReadableStream;
    return this.#connection.call(
      {
        ...call,
        query,
        type: 'application/octet-stream', // the service sees of which kind it is
        body: stream || archive instanceof Blob ? archive : new Blob([new Uint8Array(archive)]),
        replay: stream ? 'never' : 'unless-accepted',
      },
      { ...options, timeoutMs: options.timeoutMs ?? Number.POSITIVE_INFINITY },
    );
  }

  /** The newest first. */
  list(filter: EvaluationFilter = {}, options: CallOptions = {}): Promise<EvaluationList> {
    return this.#get('evaluations', filter, options);
  }

  get(id: string, options: CallOptions = {}): Promise<Evaluation> {
    return this.#get(pathOf(id), {}, options);
  }

  /** Ends it where it runs; what has ended stays as it is. */
  cancel(id: string, options: CallOptions = {}): Promise<Evaluation> {
    const call = { method: 'DELETE', path: pathOf(id), replay: 'unless-accepted' } as const;
    return this.#connection.call({ ...call, read: readJson<Evaluation> }, options);
  }

  /** Holds each against the first. @param ids two to eight */
  compare(ids: readonly string[], options: CallOptions = {}): Promise<Comparison> {
    return this.#get('evaluations/compare', { ids: ids.join(',') }, options);
  }

  /** The pictures behind the figures of one that is done; unless the filter says otherwise the surest answers first. */
  pictures(id: string, filter: PictureFilter = {}, options: CallOptions = {}): Promise<PictureList> {
    return this.#get(`${pathOf(id)}/pictures`, filter, options);
  }

  /** One picture as the network saw it, by its `index` in the list: a PNG file. */
  picture(id: string, index: number, options: CallOptions = {}): Promise<Blob> {
    const path = `${pathOf(id)}/pictures/${index}`;
    const read = (response: Response) => response.blob();
    return this.#connection.call({ method: 'GET', path, replay: 'harmless', read }, options);
  }

  /**
   * What becomes of one, as it changes, up to its end: the last has a `status` other than `running`. A connection that
   * breaks is made again, as often in a row as the client retries. Leaving the loop ends the connection, not the
   * evaluation.
   *
   * @param options `timeoutMs` is for connecting
   */
  async *watch(id: string, options: CallOptions = {}): AsyncGenerator<Evaluation, void> {
    const { signal } = options;
    const path = `${pathOf(id)}/events`;
    let last = '';
    for (let broken = 0; ; broken += 1) {
      const body = await this.#connection.call(
        { method: 'GET', path, replay: 'harmless', read: streamOf },
        options,
      );
      let cause: unknown = new Error('the stream ended before the evaluation did');
      try {
        for await (const { event, data } of serverSentEvents(body, signal)) {
          broken = 0;
          if (data !== last) yield JSON.parse(data);
          last = data;
          if (event === 'end') return;
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ServiceError) throw error;
        cause = error;
      }
      if (broken >= this.#connection.retries) throw this.#connection.lost(path, cause);
      await this.#connection.pause(broken + 1, signal);
    }
  }

  #get<Answer>(path: string, query: Call<Answer>['query'], options: CallOptions) {
    const call = { method: 'GET', path, query, replay: 'harmless' } as const;
    return this.#connection.call({ ...call, read: readJson<Answer> }, options);
  }
}

function pathOf(id: string): string {
  return `evaluations/${encodeURIComponent(id)}`;
}

async function streamOf(response: Response): Promise<ReadableStream<Uint8Array>> {
  if (response.body === null) throw unreadable(response, 'no events');
  return response.body;
}
