import type { ClassifierMetadata } from '../../runtime/metadata.js';
import { type PictureSource, preparePicture } from './picture-source.js';
import { ClassifierError, optionInvalid, type Problem, toProblem, workerBroke } from './problem.js';
import type {
  BrowserProvider,
  FailedBrowserProvider,
  Frame,
  TabAnswer,
  TabModel,
  WorkerReply,
  WorkerRequest,
} from './worker-messages.js';

export interface ClassifyOptions {
  /** How many labels to answer with. Default: 5. */
  readonly top?: number;
  /** Gives up waiting; a picture that is not begun is not classified at all. */
  readonly signal?: AbortSignal;
  /** Called with the picture as it enters the graph, before inference. */
  readonly onFrame?: (frame: Frame) => void;
}

interface Pending {
  readonly onFrame: ((frame: Frame) => void) | undefined;
  readonly resolve: (answer: TabAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/** A loaded model. Decoding and inference happen in its Web Worker, one picture after another; the page is never held up. */
export class BrowserClassifier {
  readonly #worker: Worker;
  readonly #model: TabModel;
  readonly #maxPixels: number;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  /** Why nothing can be classified any more. */
  #end: Problem | undefined;

  /** `loadClassifier` makes these. */
  constructor(worker: Worker, model: TabModel, maxPixels: number) {
    this.#worker = worker;
    this.#model = model;
    this.#maxPixels = maxPixels;
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#receive(data);
    worker.onerror = ({ message }) => this.#stop(workerBroke(message));
  }

  /** What the file says of itself. */
  get metadata(): ClassifierMetadata {
    return this.#model.metadata;
  }

  get labels(): readonly string[] {
    return this.#model.metadata.labels;
  }

  /** sha256 (hex) of the model file. */
  get digest(): string {
    return this.#model.digest;
  }

  /** What really runs the graph. */
  get provider(): BrowserProvider {
    return this.#model.provider;
  }

  /** What was tried before it, in vain, with the reasons. */
  get failed(): readonly FailedBrowserProvider[] {
    return this.#model.failed;
  }

  /** Threads of WebAssembly; 1 on WebGPU, and where the page is not cross-origin isolated. */
  get threads(): number {
    return this.#model.threads;
  }

  /**
   * @param source the picture as it is now: of a video the frame that it shows
   * @throws ClassifierError UNSUPPORTED_IMAGE, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE, IMAGE_CROSS_ORIGIN, OPTION_INVALID,
   *   INFERENCE_FAILED, WORKER_FAILED, CLASSIFIER_CLOSED; the signal's reason
   */
  async classify(
    source: PictureSource,
    { top = 5, signal, onFrame }: ClassifyOptions = {},
  ): Promise<TabAnswer> {
    signal?.throwIfAborted();
    if (!Number.isInteger(top) || top < 1) throw optionInvalid('a whole number from 1 as top', top);
    const { picture, transfer } = await preparePicture(source, this.#maxPixels).catch((error) => {
      throw new ClassifierError(toProblem(error, unreadable));
    });
    signal?.throwIfAborted();
    if (this.#end !== undefined) throw new ClassifierError(this.#end);
    const id = this.#nextId++;
    const wantsFrame = onFrame !== undefined;
    this.#send({ kind: 'classify', id, picture, top, wantsFrame }, transfer);
    return this.#answer(id, onFrame, signal);
  }

  /** Ends the worker and frees its memory; what is being classified is rejected with CLASSIFIER_CLOSED. */
  close(): void {
    this.#stop({ code: 'CLASSIFIER_CLOSED', message: 'The classifier has been closed.' });
  }

  #answer(id: number, onFrame: Pending['onFrame'], signal: AbortSignal | undefined): Promise<TabAnswer> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#pending.delete(id);
        this.#worker.postMessage({ kind: 'cancel', id } satisfies WorkerRequest);
        reject(signal?.reason);
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', abort);
          settle(value);
        };
      signal?.addEventListener('abort', abort);
      this.#pending.set(id, { onFrame, resolve: settled(resolve), reject: settled(reject) });
    });
  }

  #send(request: WorkerRequest, transfer: readonly Transferable[]): void {
    try {
      this.#worker.postMessage(request, [...transfer]);
    } catch (error) {
      // A canvas or an image that shows another site's picture may not be read.
      throw new ClassifierError({ ...unreadable, received: String(error) });
    }
  }

  #receive(reply: WorkerReply): void {
    if (!('id' in reply)) return;
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'frame') {
      pending.onFrame?.(reply.frame);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === 'answer') pending.resolve(reply.answer);
    else pending.reject(new ClassifierError(reply.problem));
  }

  #stop(problem: Problem): void {
    this.#end ??= problem;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(new ClassifierError(problem));
    this.#pending.clear();
  }
}

const unreadable = {
  code: 'IMAGE_CROSS_ORIGIN',
  message: 'The picture comes from another site, which does not let this page read it.',
  expected: 'a picture of this site, or one loaded with crossorigin and allowed by CORS',
};
