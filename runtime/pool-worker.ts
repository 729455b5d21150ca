import { Worker } from 'node:worker_threads';
import { KilnError } from '../errors/errors.js';
import type { Device, Provider } from './classifier.js';
import type { ModelFile } from './model-file.js';
import { packRows, type Row, type RowResult, unpackResults } from './rows.js';
import type { FailedProvider } from './session.js';
import type { ModelId, Placement, PoolMessage, WorkerMessage, WorkerSettings } from './worker-protocol.js';

/** The thread ended while it should have worked. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

interface Pending<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** What an inference thread has done so far. */
export interface WorkerUsage {
  /** Unique in the process, for good. */
  readonly thread: number;
  /** How long it did anything at all, loading models included. */
  readonly activeMs: number;
}

/** The pool's side of one inference thread. */
export class InferenceWorker {
  /** Where it was asked to run. */
  readonly device: Device;
  /** Where it really does. */
  readonly provider: Provider;
  readonly failed: readonly FailedProvider[];
  /** Resolves when the thread is gone, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #thread: Worker;
  readonly #loading = new Map<ModelId, Pending<Placement>>();
  #running: Pending<RowResult[]> | undefined;
  #lost: WorkerLost | undefined;

  private constructor(thread: Worker, device: Device, { provider, failed }: Placement) {
    this.device = device;
    this.provider = provider;
    this.failed = failed;
    this.#thread = thread;
    thread.on('message', (message: WorkerMessage) => this.#receive(message));
    this.ended = new Promise((resolve) => {
      let reason = 'it ended by itself';
      thread.on('error', (error) => {
        reason = describe(error);
      });
      thread.on('exit', () => {
        this.#lost = new WorkerLost(reason);
        this.#running?.reject(this.#lost);
        this.#running = undefined;
        for (const { reject } of this.#loading.values()) reject(this.#lost);
        resolve();
      });
    });
  }

  /**
   * Starts a thread and resolves when it has found its device.
   * @throws DEVICE_UNAVAILABLE, WORKER_FAILED when it died
   */
  static start(settings: WorkerSettings): Promise<InferenceWorker> {
    const thread = new Worker(new URL('./inference-worker.js', import.meta.url), {
      workerData: settings,
      name: 'kiln inference',
    });
    return new Promise((resolve, reject) => {
      let refusal: KilnError | undefined;
      const onMessage = (message: WorkerMessage) => {
        if (message.kind === 'unfit') refusal = new KilnError(message.error.code, message.error);
        if (message.kind !== 'ready') return;
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        resolve(new InferenceWorker(thread, settings.device, message));
      };
      const onError = (error: unknown) => {
        refusal = startFailed(describe(error), error);
      };
      const onExit = () => reject(refusal ?? startFailed('it ended by itself'));
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  get usage(): WorkerUsage {
    return {
      thread: this.#thread.threadId,
      activeMs: this.#thread.performance.eventLoopUtilization().active,
    };
  }

  /** Whether it has nothing to do. */
  get free(): boolean {
    return this.#lost === undefined && this.#running === undefined && this.#loading.size === 0;
  }

  /**
   * Makes a warm session of the model, after what the thread has to do already.
   * @throws what the thread refused with (MODEL_INVALID, DEVICE_UNAVAILABLE …), WorkerLost
   */
  load(model: ModelId, file: ModelFile, device: Device): Promise<Placement> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#loading.set(model, { resolve, reject });
      this.#post({ kind: 'load', model, file, device });
    });
  }

  /** Releases the model's session, after what the thread has to do already. */
  unload(model: ModelId): void {
    if (this.#lost === undefined) this.#post({ kind: 'unload', model });
  }

  /** Runs one batch; to be called only when the one before has been answered. @throws WorkerLost */
  run(model: ModelId, rows: readonly Row[]): Promise<RowResult[]> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const batch = packRows(rows);
    return new Promise((resolve, reject) => {
      this.#running = { resolve, reject };
      this.#post({ kind: 'run', model, ...batch }, [batch.payload]);
    });
  }

  /**
   * Asks the thread to end after what it runs and waits until it has. `Worker.terminate` is no substitute: during a run
   * it makes onnxruntime-node abort the process.
   */
  stop(): Promise<void> {
    this.#post({ kind: 'stop' });
    return this.ended;
  }

  #post(message: PoolMessage, transfer: ArrayBuffer[] = []): void {
    this.#thread.postMessage(message, transfer);
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case 'done': {
        const running = this.#running;
        this.#running = undefined;
        running?.resolve(unpackResults(message));
        break;
      }
      case 'loaded':
        this.#loaded(message.model)?.resolve(message);
        break;
      case 'refused':
        this.#loaded(message.model)?.reject(new KilnError(message.error.code, message.error));
        break;
      case 'ready': // was awaited by `start`
      case 'unfit':
        break;
    }
  }

  #loaded(model: ModelId): Pending<Placement> | undefined {
    const pending = this.#loading.get(model);
    this.#loading.delete(model);
    return pending;
  }
}

function startFailed(received: string, cause?: unknown): KilnError {
  return new KilnError('WORKER_FAILED', {
    message: 'An inference worker did not start.',
    expected: 'a worker thread with a working device',
    received,
    cause,
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
