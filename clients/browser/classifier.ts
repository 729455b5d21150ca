import { PageError, type Problem } from './problem.js';
import type { Frame, TabAnswer, TabModel, WorkerReply, WorkerRequest } from './worker-messages.js';

interface Pending {
  readonly onFrame: (frame: Frame) => void;
  readonly resolve: (answer: TabAnswer) => void;
  readonly reject: (error: PageError) => void;
}

export interface LoadOptions {
  readonly workerUrl: URL;
  readonly modelUrl: string;
  /** sha256 (hex) that the file must have. */
  readonly digest: string;
  /** Width × height of a picture, at most. */
  readonly maxPixels: number;
  /** Bytes of the model file; `total` is undefined where the service does not say it. */
  readonly onProgress: (received: number, total: number | undefined) => void;
}

/** Inference in a Web Worker of its own, so that neither decoding nor a run ever holds up the page. */
export class TabClassifier {
  readonly model: TabModel;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #broken: Problem | undefined;

  private constructor(worker: Worker, model: TabModel) {
    this.#worker = worker;
    this.model = model;
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#receive(data);
    worker.onerror = (event) => {
      this.#broken = workerBroke(event);
      for (const { reject } of this.#pending.values()) reject(new PageError(this.#broken));
      this.#pending.clear();
    };
  }

  /**
   * Starts the worker; it fetches the file, checks its digest and makes a session.
   *
   * @throws PageError with the worker's report, e.g. MODEL_DIGEST_MISMATCH
   */
  static load({ workerUrl, modelUrl, digest, maxPixels, onProgress }: LoadOptions): Promise<TabClassifier> {
    const worker = new Worker(workerUrl, { type: 'module', name: 'classifier' });
    // Threads need shared memory, which only a cross-origin isolated page gets; half of the cores stay for the rest.
    const threads = crossOriginIsolated
      ? Math.max(1, Math.min(4, Math.ceil(navigator.hardwareConcurrency / 2)))
      : 1;
    return new Promise((resolve, reject) => {
      const fail = (problem: Problem): void => {
        worker.terminate();
        reject(new PageError(problem));
      };
      worker.onerror = (event) => fail(workerBroke(event));
      worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => {
        if (data.kind === 'progress') onProgress(data.received, data.total);
        if (data.kind === 'refused') fail(data.problem);
        if (data.kind === 'ready') resolve(new TabClassifier(worker, data.model));
      };
      worker.postMessage({ kind: 'load', modelUrl, digest, threads, maxPixels } satisfies WorkerRequest);
    });
  }

  /**
   * @param onFrame called as soon as the picture is decoded, before inference
   * @throws PageError UNSUPPORTED_IMAGE, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE, INFERENCE_FAILED, WORKER_FAILED
   */
  classify(picture: Blob, onFrame: (frame: Frame) => void): Promise<TabAnswer> {
    if (this.#broken !== undefined) return Promise.reject(new PageError(this.#broken));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { onFrame, resolve, reject });
      this.#worker.postMessage({ kind: 'classify', id, picture } satisfies WorkerRequest);
    });
  }

  #receive(reply: WorkerReply): void {
    if (!('id' in reply)) return;
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'frame') {
      pending.onFrame(reply.frame);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === 'answer') pending.resolve(reply.answer);
    else pending.reject(new PageError(reply.problem));
  }
}

const workerBroke = (event: ErrorEvent): Problem => ({
  code: 'WORKER_FAILED',
  message: 'The part of this page that runs the model has stopped. Reload the page to start it again.',
  received: event.message || 'the worker could not be loaded',
});
