import './no-telemetry.js';
import { availableParallelism } from 'node:os';
import { KilnError } from '../errors/errors.js';
import type { Device, Provider } from './classifier.js';
import { openModelFile } from './model-file.js';
import { InferenceWorker, WorkerLost } from './pool-worker.js';
import type { Row, RowResult } from './rows.js';
import type { FailedProvider } from './session.js';
import type { WorkerSettings } from './worker-protocol.js';

export type { Row, RowResult } from './rows.js';

export interface PoolOptions {
  readonly model: Uint8Array;
  readonly device: Device;
  /** Default: the cores on a CPU, 2 on CUDA (one decodes while the other runs), 1 on WebGPU. */
  readonly workers?: number;
  /** Default: cores / workers. Many workers with one thread each beat few with many. */
  readonly threadsPerWorker?: number;
}

/**
 * Worker threads that run batches, one batch a worker. Nothing piles up inside: who wants to choose what runs next
 * watches `idle` and `onIdle`; who calls `run` while all are busy waits in line.
 */
export interface InferencePool {
  readonly provider: Provider;
  /** What was tried before it, in vain. */
  readonly failed: readonly FailedProvider[];
  /** Workers alive or being replaced; 0 means that the pool runs nothing any more. */
  readonly workers: number;
  readonly threadsPerWorker: number;
  /** Workers that could take a batch now. */
  readonly idle: number;
  /** Workers that died and were replaced so far. */
  readonly replaced: number;
  /** Calls back, synchronously, whenever a worker has nothing to do and nobody waits in line. */
  onIdle(listener: () => void): void;
  /**
   * Runs the rows as one batch.
   * @returns one result a row, in order; a row that fails never fails its neighbours
   * @throws WORKER_FAILED when two workers died of it, SHUTTING_DOWN when the pool was closed before it began
   */
  run(rows: readonly Row[]): Promise<RowResult[]>;
  /** Lets what runs finish, refuses what waits, and resolves when every thread has ended. */
  close(): Promise<void>;
}

/**
 * Starts the workers and resolves when every one is warm.
 * @throws MODEL_INVALID, MODEL_NOT_KILN, DEVICE_UNAVAILABLE, WORKER_FAILED
 */
export async function openPool(options: PoolOptions): Promise<InferencePool> {
  const cores = availableParallelism();
  const threads = options.threadsPerWorker ?? Math.max(1, Math.floor(cores / (options.workers ?? cores)));
  const { device } = options;
  const model = openModelFile(options.model);
  const first = await InferenceWorker.start({ model, device, threads });
  // The first worker settles on a device; the others are asked for just that, so that all are alike.
  const settings = { model, device: device === 'auto' ? first.provider : device, threads };
  const count = options.workers ?? { cpu: cores, cuda: 2, webgpu: 1 }[first.provider];
  const others = await Promise.allSettled(
    Array.from({ length: count - 1 }, () => InferenceWorker.start(settings)),
  );
  const workers = [first, ...others.flatMap((other) => (other.status === 'fulfilled' ? [other.value] : []))];
  const refused = others.find((other) => other.status === 'rejected');
  if (refused === undefined) return new Pool(workers, settings);
  await Promise.all(workers.map((worker) => worker.stop()));
  throw refused.reason;
}

interface Job {
  readonly rows: readonly Row[];
  readonly attempt: number;
  readonly resolve: (results: RowResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** How often a batch is tried, and how often a dead worker is started anew before its place is given up. */
const attempts = { batch: 2, replacement: 3 } as const;

class Pool implements InferencePool {
  readonly provider: Provider;
  readonly failed: readonly FailedProvider[];
  readonly threadsPerWorker: number;
  readonly #settings: WorkerSettings;
  readonly #alive = new Set<InferenceWorker>();
  readonly #idle = new Set<InferenceWorker>();
  readonly #line: Job[] = [];
  readonly #listeners: (() => void)[] = [];
  readonly #replacements = new Set<Promise<void>>();
  #places: number;
  #replaced = 0;
  #closing: Promise<void> | undefined;

  constructor(workers: readonly InferenceWorker[], settings: WorkerSettings) {
    this.provider = workers[0]!.provider;
    this.failed = workers[0]!.failed;
    this.threadsPerWorker = settings.threads;
    this.#settings = settings;
    this.#places = workers.length;
    for (const worker of workers) this.#adopt(worker);
  }

  get workers(): number {
    return this.#places;
  }

  get idle(): number {
    return this.#idle.size;
  }

  get replaced(): number {
    return this.#replaced;
  }

  onIdle(listener: () => void): void {
    this.#listeners.push(listener);
  }

  run(rows: readonly Row[]): Promise<RowResult[]> {
    if (rows.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#line.push({ rows, attempt: 1, resolve, reject });
      this.#advance();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#stopAll();
    return this.#closing;
  }

  async #stopAll(): Promise<void> {
    for (const job of this.#line.splice(0)) job.reject(closed());
    await Promise.all(this.#replacements);
    await Promise.all(Array.from(this.#alive, (worker) => worker.stop()));
  }

  #adopt(worker: InferenceWorker): void {
    this.#alive.add(worker);
    void worker.ended.then(() => this.#bury(worker));
    this.#free(worker);
  }

  #free(worker: InferenceWorker): void {
    this.#idle.add(worker);
    this.#advance();
    if (this.#idle.size > 0 && this.#closing === undefined)
      for (const listener of this.#listeners) listener();
  }

  /** Gives what waits in line to idle workers, or refuses it where none will ever come. */
  #advance(): void {
    if (this.#closing !== undefined || this.#places === 0) {
      for (const job of this.#line.splice(0)) {
        job.reject(this.#closing === undefined ? failed('no worker could be started again') : closed());
      }
    }
    for (const worker of this.#idle) {
      const job = this.#line.shift();
      if (job === undefined) return;
      this.#idle.delete(worker);
      void this.#runOn(worker, job);
    }
  }

  async #runOn(worker: InferenceWorker, job: Job): Promise<void> {
    try {
      const results = await worker.run(job.rows);
      this.#free(worker);
      job.resolve(results);
    } catch (error) {
      if (!(error instanceof WorkerLost)) {
        this.#free(worker);
        job.reject(error);
      } else if (job.attempt < attempts.batch) {
        this.#line.unshift({ ...job, attempt: job.attempt + 1 });
        this.#advance();
      } else {
        job.reject(failed(error.message, error));
      }
    }
  }

  #bury(worker: InferenceWorker): void {
    this.#alive.delete(worker);
    this.#idle.delete(worker);
    if (this.#closing !== undefined) return;
    const replacement = this.#replace().finally(() => this.#replacements.delete(replacement));
    this.#replacements.add(replacement);
  }

  async #replace(): Promise<void> {
    for (let attempt = 0; attempt < attempts.replacement && this.#closing === undefined; attempt += 1) {
      const worker = await InferenceWorker.start(this.#settings).catch(() => undefined);
      if (worker === undefined) continue; // a device may be out of memory only for a moment
      this.#replaced += 1;
      this.#adopt(worker);
      return;
    }
    this.#places -= 1;
    this.#advance();
  }
}

function closed(): KilnError {
  return new KilnError('SHUTTING_DOWN', { expected: 'workers that take batches', received: 'a closed pool' });
}

function failed(received: string, cause?: unknown): KilnError {
  return new KilnError('WORKER_FAILED', {
    expected: 'a worker that lives through the batch',
    received,
    cause,
  });
}
