import { Worker } from 'node:worker_threads';
import { KilnError } from '../errors/errors.js';
import type { Provider } from './classifier.js';
import { packRows, type Row, type RowResult, unpackResults } from './rows.js';
import type { FailedProvider } from './session.js';
import type { PoolMessage, WorkerMessage, WorkerSettings } from './worker-protocol.js';

/** The thread ended while it should have worked. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

interface Pending {
  readonly resolve: (results: RowResult[]) => void;
  readonly reject: (error: WorkerLost) => void;
}

/** The pool's side of one inference thread. */
export class InferenceWorker {
  readonly provider: Provider;
  readonly failed: readonly FailedProvider[];
  /** Resolves when the thread is gone, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #thread: Worker;
  #pending: Pending | undefined;
  #lost: WorkerLost | undefined;

  private constructor(thread: Worker, ready: Extract<WorkerMessage, { kind: 'ready' }>) {
    this.provider = ready.provider;
    this.failed = ready.failed;
    this.#thread = thread;
    thread.on('message', (message: WorkerMessage) => {
      if (message.kind === 'done') this.#settle()?.resolve(unpackResults(message));
    });
    this.ended = new Promise((resolve) => {
      let reason = 'it ended by itself';
      thread.on('error', (error) => {
        reason = describe(error);
      });
      thread.on('exit', () => {
        this.#lost = new WorkerLost(reason);
        this.#settle()?.reject(this.#lost);
        resolve();
      });
    });
  }

  /**
   * Starts a thread and resolves when its session is warm.
   * @throws what the thread refused with (MODEL_INVALID, DEVICE_UNAVAILABLE …), WORKER_FAILED when it died
   */
  static start(settings: WorkerSettings): Promise<InferenceWorker> {
    const thread = new Worker(new URL('./inference-worker.js', import.meta.url), {
      workerData: settings,
      name: 'kiln inference',
    });
    return new Promise((resolve, reject) => {
      let refusal: KilnError | undefined;
      const onMessage = (message: WorkerMessage) => {
        if (message.kind === 'refused') refusal = new KilnError(message.error.code, message.error);
        if (message.kind !== 'ready') return;
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        resolve(new InferenceWorker(thread, message));
      };
      const onError = (error: unknown) => {
        refusal = startFailed(describe(error), error);
      };
      const onExit = () => reject(refusal ?? startFailed('it ended by itself'));
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  /** Runs one batch; to be called only when the one before has been answered. @throws WorkerLost */
  run(rows: readonly Row[]): Promise<RowResult[]> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const batch = packRows(rows);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#post({ kind: 'run', ...batch }, [batch.payload]);
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

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}

function startFailed(received: string, cause?: unknown): KilnError {
  return new KilnError('WORKER_FAILED', {
    message: 'An inference worker did not start.',
    expected: 'a worker thread with a warm session',
    received,
    cause,
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
