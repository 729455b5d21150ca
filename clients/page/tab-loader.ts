import type { BrowserClassifier } from '../browser/classifier.js';
import { loadClassifier } from '../browser/load-classifier.js';
import type { PictureSource } from '../browser/picture-source.js';
import { type Problem, toProblem } from '../browser/problem.js';
import type { Frame, TabAnswer, TabModel } from '../browser/worker-messages.js';
import { maxPixelsOf, modelAtHand } from './model-at-hand.js';
import { PageError } from './page-error.js';
import type { ServedModel, Service } from './service.js';

/** The model in this tab, as the page uses it. */
export interface TabClassifier {
  readonly model: Pick<TabModel, 'metadata' | 'digest' | 'provider' | 'threads'>;
  /**
   * All labels, the most probable first.
   *
   * @param onFrame called as soon as the picture is decoded, before inference; a frame that nobody wants is not sent
   * @throws PageError UNSUPPORTED_IMAGE, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE, INFERENCE_FAILED, WORKER_FAILED
   */
  classify(picture: PictureSource, onFrame?: (frame: Frame) => void): Promise<TabAnswer>;
}

export type TabState =
  | { readonly kind: 'loading'; readonly received: number; readonly total: number | undefined }
  | { readonly kind: 'ready'; readonly classifier: TabClassifier }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Loads the model into the tab once, without the service the one that was kept; after a failure the next call tries again. */
export class TabLoader {
  readonly #service: Service;
  readonly #workerUrl: URL;
  readonly #onServed: (model: ServedModel) => void;
  readonly #onState: (state: TabState) => void;
  #loading: Promise<TabClassifier> | undefined;
  #loaded: BrowserClassifier | undefined;

  constructor(options: {
    service: Service;
    workerUrl: URL;
    onServed: (model: ServedModel) => void;
    onState: (state: TabState) => void;
  }) {
    this.#service = options.service;
    this.#workerUrl = options.workerUrl;
    this.#onServed = options.onServed;
    this.#onState = options.onState;
  }

  /** @throws PageError: the service's report, or SERVICE_UNREACHABLE, CONTEXT_INSECURE, MODEL_DIGEST_MISMATCH … */
  load(): Promise<TabClassifier> {
    this.#loading ??= this.#start();
    return this.#loading;
  }

  /** Ends the worker, if it has not ended by itself; the next call of `load` starts another. */
  drop(): void {
    this.#loading = undefined;
    this.#loaded?.close();
    this.#loaded = undefined;
  }

  async #start(): Promise<TabClassifier> {
    this.#onState({ kind: 'loading', received: 0, total: undefined });
    try {
      const atHand = await modelAtHand(this.#service);
      if (atHand.kind === 'served') this.#onServed(atHand.served);
      const loaded = await loadClassifier(atHand.url, {
        device: 'wasm', // the page carries no other build of the runtime
        digest: atHand.digest,
        headers: this.#service.connection.headers,
        maxPixels: maxPixelsOf(atHand),
        worker: this.#workerUrl,
        runtime: new URL('ort/', this.#workerUrl),
        onProgress: (received, total) => this.#onState({ kind: 'loading', received, total }),
      });
      this.#loaded = loaded;
      const classifier = tabClassifier(loaded);
      this.#onState({ kind: 'ready', classifier });
      return classifier;
    } catch (error) {
      this.#loading = undefined;
      const problem = pageProblem(error);
      this.#onState({ kind: 'failed', problem });
      throw new PageError(problem);
    }
  }
}

const pageProblem = (error: unknown): Problem =>
  toProblem(error, { code: 'PAGE_FAILED', message: 'The model could not be loaded here.' });

const tabClassifier = (loaded: BrowserClassifier): TabClassifier => ({
  model: loaded,
  classify: (picture, onFrame) =>
    loaded.classify(picture, { top: loaded.labels.length, ...(onFrame && { onFrame }) }).catch((error) => {
      throw new PageError(pageProblem(error));
    }),
});
