import { Worker } from 'node:worker_threads';
import { KilnError } from '../../errors/errors.js';
import type { Question, Reply, RunsReader } from './runs-protocol.js';

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

type Answer<M extends keyof RunsReader> = ReturnType<RunsReader[M]>;

/**
 * The runs of a folder, read on a thread of their own: long curves take longer to read than whoever answers HTTP has.
 * The thread starts with the first question, and anew with the next one should it end.
 */
export class RunsThread implements RunsReader {
  readonly #folder: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #asked = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  list(...args: Parameters<RunsReader['list']>): Answer<'list'> {
    return this.#ask('list', args);
  }

  get(...args: Parameters<RunsReader['get']>): Answer<'get'> {
    return this.#ask('get', args);
  }

  metrics(...args: Parameters<RunsReader['metrics']>): Answer<'metrics'> {
    return this.#ask('metrics', args);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate(); // plain JavaScript that only reads: safe at any moment
  }

  async #ask<M extends keyof RunsReader>(
    method: M,
    args: Parameters<RunsReader[M]>,
  ): Promise<Awaited<Answer<M>>> {
    this.#worker ??= this.#start();
    const id = this.#asked++;
    const worker = this.#worker;
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, method, args } as Question); // M is one method, which TypeScript does not see
    });
    if (reply.kind === 'answer') return reply.answer as Awaited<Answer<M>>; // to this question
    if (reply.kind === 'refused') throw new KilnError(reply.error.code, reply.error);
    throw new Error(reply.reason);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./runs-worker.js', import.meta.url), {
      workerData: this.#folder,
      name: 'kiln runs',
    });
    worker.on('message', (reply: Reply) => {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    });
    let failure = new Error('the thread that reads runs ended');
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(failure);
      this.#waiting.clear();
    });
    return worker;
  }
}
