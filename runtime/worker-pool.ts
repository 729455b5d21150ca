import './no-telemetry.js';
import { availableParallelism } from 'node:os';
import { KilnError } from '../errors/errors.js';
import type { Device, Provider } from './classifier.js';
import type { ModelFile } from './model-file.js';
import { missingLibrary } from './native-libraries.js';
import { InferenceWorker, WorkerLost, type WorkerUsage } from './pool-worker.js';
import type { Row, RowResult } from './rows.js';
import type { FailedProvider } from './session.js';
import type { ModelId, Placement, WorkerSettings } from './worker-protocol.js';

export type { Row, RowResult } from './rows.js';
export type { Placement } from './worker-protocol.js';

export interface PoolOptions {
  /** Workers are dealt out to the devices in turn. */
  readonly devices: readonly Device[];
  /** Default: the cores on a CPU, 2 for each CUDA device (one decodes while the other runs), 1 for WebGPU. */
  readonly workers?: number;
  /** Default: cores / workers. Many workers with one thread each beat few with many. */
  readonly threadsPerWorker?: number;
}

/**
 * Worker threads that run batches of every loaded model, one batch a worker at a time. Nothing piles up inside: who
 * wants to choose what runs next watches `idle` and `onIdle`; who calls `run` while all are busy waits in line.
 */
export interface InferencePool extends Placement {
  /** Workers alive or being replaced; 0 means that the pool runs nothing any more. */
  readonly workers: number;
  readonly threadsPerWorker: number;
  /** Workers that could take a batch now. */
  readonly idle: number;
  /** Workers that died and were replaced so far. */
  readonly replaced: number;
  /** Of each worker that is alive; read without asking its thread. */
  readonly usage: readonly WorkerUsage[];
  /**
   * Makes the model ready on every worker; resolves when it is warm on all of them. Beside other models one worker is
   * taken after the other, so that the rest go on with those.
   * @throws MODEL_INVALID, DEVICE_UNAVAILABLE, WORKER_FAILED, SHUTTING_DOWN; then no worker holds it
   */
  load(file: ModelFile): Promise<LoadedModel>;
  /** Lets what runs finish, refuses what waits, and resolves when every thread has ended. */
  close(): Promise<void>;
}

/** A model on every worker of a pool. */
export interface LoadedModel extends Placement {
  /** As the pool's. */
  readonly workers: number;
  readonly idle: number;
  /**
   * Calls back, synchronously, whenever a worker has nothing to do and nobody waits in line. The models of a pool are
   * called in turn, each first once: so that none of them takes every worker that becomes free.
   */
  onIdle(listener: () => void): void;
  /**
   * Runs the rows as one batch.
   * @returns one result a row, in order; a row that fails never fails its neighbours
   * @throws WORKER_FAILED when two workers died of it, SHUTTING_DOWN when the pool was closed before it began
   */
  run(rows: readonly Row[]): Promise<RowResult[]>;
  /** Gives its memory back; to be called once, when nothing of it runs or waits. */
  unload(): void;
}

/**
 * Starts the workers and resolves when every one has found its device.
 * @throws DEVICE_UNAVAILABLE, WORKER_FAILED
 */
export async function openPool(options: PoolOptions): Promise<InferencePool> {
  const cores = availableParallelism();
  const threads = options.threadsPerWorker ?? Math.max(1, Math.floor(cores / (options.workers ?? cores)));
  const [asked = 'auto'] = options.devices;
  if (asked === 'cpu' || (asked === 'auto' && missingLibrary('cuda') !== undefined)) {
    // Nothing but the CPU can come of it: there is no need to see where the first one settles.
    return new Pool(
      await startWorkers(options.workers ?? cores, () => ({ device: asked, threads })),
      threads,
    );
  }
  const first = await InferenceWorker.start({ device: asked, threads });
  // The others are asked for what the first one settled on, so that all are alike.
  const devices = asked === 'auto' ? [first.provider] : options.devices;
  const perDevice = { cpu: cores, cuda: 2, webgpu: 1 }[first.provider];
  const count = options.workers ?? perDevice * devices.length;
  try {
    const others = await startWorkers(count - 1, (index) => ({
      device: devices[(index + 1) % devices.length]!,
      threads,
    }));
    return new Pool([first, ...others], threads);
  } catch (error) {
    await first.stop();
    throw error;
  }
}

/** All of them, or none is left. */
async function startWorkers(
  count: number,
  settingsOf: (index: number) => WorkerSettings,
): Promise<InferenceWorker[]> {
  const starts = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => InferenceWorker.start(settingsOf(index))),
  );
  const workers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const refused = starts.find((start) => start.status === 'rejected');
  if (refused === undefined) return workers;
  await Promise.all(workers.map((worker) => worker.stop()));
  throw refused.reason;
}

interface Job {
  readonly model: ModelId;
  readonly rows: readonly Row[];
  readonly attempt: number;
  readonly resolve: (results: RowResult[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Entry {
  readonly file: ModelFile;
  /** That of the first worker; the others follow it. */
  placement: Placement | undefined;
}

/** How often a batch is tried, and how often a dead worker is started anew before its place is given up. */
const attempts = { batch: 2, replacement: 3 } as const;

class Pool implements InferencePool {
  readonly provider: Provider;
  readonly failed: readonly FailedProvider[];
  readonly threadsPerWorker: number;
  readonly #models = new Map<ModelId, Entry>();
  readonly #alive = new Set<InferenceWorker>();
  readonly #idle = new Set<InferenceWorker>();
  readonly #line: Job[] = [];
  readonly #listeners = new Map<ModelId, () => void>();
  readonly #replacements = new Set<Promise<void>>();
  #places: number;
  #replaced = 0;
  #lastModel: ModelId = 0;
  #closing: Promise<void> | undefined;

  constructor(workers: readonly InferenceWorker[], threads: number) {
    this.provider = workers[0]!.provider;
    this.failed = workers[0]!.failed;
    this.threadsPerWorker = threads;
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

  get usage(): readonly WorkerUsage[] {
    return Array.from(this.#alive, (worker) => worker.usage);
  }

  async load(file: ModelFile): Promise<LoadedModel> {
    this.#lastModel += 1;
    const model = this.#lastModel;
    const entry: Entry = { file, placement: undefined };
    this.#models.set(model, entry); // from now on replacements load it too
    try {
      const workers = [...this.#alive];
      const alone = this.#models.size === 1;
      for (const worker of workers.splice(0, alone ? 1 : workers.length)) {
        await this.#takeFor(worker, model, entry);
      }
      await Promise.all(workers.map((worker) => this.#takeFor(worker, model, entry)));
      if (this.#closing !== undefined) throw closed();
      if (entry.placement === undefined) throw failed('no worker is alive');
      return this.#handle(model, entry.placement);
    } catch (error) {
      this.#unload(model);
      throw error;
    }
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

  /** Keeps a worker from batches while it loads. */
  async #takeFor(worker: InferenceWorker, model: ModelId, entry: Entry): Promise<void> {
    this.#idle.delete(worker);
    try {
      await this.#loadOn(worker, model, entry);
    } catch (error) {
      if (!(error instanceof WorkerLost)) throw error; // its replacement loads the model by itself
    } finally {
      this.#free(worker);
    }
  }

  async #loadOn(worker: InferenceWorker, model: ModelId, entry: Entry): Promise<void> {
    // A GPU may yet turn out not to know one of the model's operators: then no worker runs it there.
    const onCpu = this.provider === 'cpu' || entry.placement?.provider === 'cpu';
    const placement = await worker.load(model, entry.file, onCpu ? 'cpu' : worker.device);
    entry.placement ??= placement;
  }

  #unload(model: ModelId): void {
    this.#models.delete(model);
    this.#listeners.delete(model);
    for (const worker of this.#alive) worker.unload(model);
  }

  #handle(model: ModelId, placement: Placement): LoadedModel {
    const pool = this;
    return {
      provider: placement.provider,
      failed: [...this.failed, ...placement.failed],
      get workers() {
        return pool.workers;
      },
      get idle() {
        return pool.idle;
      },
      onIdle: (listener) => void this.#listeners.set(model, listener),
      run: (rows) => this.#run(model, rows),
      unload: () => this.#unload(model),
    };
  }

  #run(model: ModelId, rows: readonly Row[]): Promise<RowResult[]> {
    if (rows.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#line.push({ model, rows, attempt: 1, resolve, reject });
      this.#advance();
    });
  }

  #adopt(worker: InferenceWorker): void {
    this.#alive.add(worker);
    void worker.ended.then(() => this.#bury(worker));
    this.#free(worker);
  }

  #free(worker: InferenceWorker): void {
    if (!worker.free) return;
    this.#idle.add(worker);
    this.#advance();
    if (this.#idle.size === 0 || this.#closing !== undefined) return;
    const listeners = [...this.#listeners];
    for (const [, listener] of listeners) listener();
    const [first] = listeners;
    if (first === undefined || listeners.length < 2) return;
    this.#listeners.delete(first[0]);
    this.#listeners.set(...first); // is the last one next time
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
      const results = await worker.run(job.model, job.rows);
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
    const settings = { device: worker.device, threads: this.threadsPerWorker };
    const replacement = this.#replace(settings).finally(() => this.#replacements.delete(replacement));
    this.#replacements.add(replacement);
  }

  async #replace(settings: WorkerSettings): Promise<void> {
    for (let attempt = 0; attempt < attempts.replacement && this.#closing === undefined; attempt += 1) {
      const worker = await InferenceWorker.start(settings).catch(() => undefined);
      // Memory may be short for a moment only.
      if (worker !== undefined && (await this.#adoptLoaded(worker))) return;
    }
    this.#places -= 1;
    this.#advance();
  }

  /** Loads every model on a new worker and lets it work; false where one failed, and the worker is stopped. */
  async #adoptLoaded(worker: InferenceWorker): Promise<boolean> {
    const loaded = new Set<ModelId>();
    try {
      // A map's iteration meets the models whose loading begins meanwhile as well.
      for (const [model, entry] of this.#models) {
        await this.#loadOn(worker, model, entry);
        loaded.add(model);
      }
    } catch {
      await worker.stop();
      return false;
    }
    for (const model of loaded) if (!this.#models.has(model)) worker.unload(model);
    this.#replaced += 1;
    this.#adopt(worker);
    return true;
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
