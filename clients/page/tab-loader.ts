import { TabClassifier } from '../browser/classifier.js';
import { PageError, type Problem, toProblem } from '../browser/problem.js';
import type { ServedModel, Service } from './service.js';

export type TabState =
  | { readonly kind: 'loading'; readonly received: number; readonly total: number | undefined }
  | { readonly kind: 'ready'; readonly classifier: TabClassifier }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Loads the model into the tab once; after a failure the next call tries again. */
export class TabLoader {
  readonly #service: Service;
  readonly #workerUrl: URL;
  readonly #onServed: (model: ServedModel) => void;
  readonly #onState: (state: TabState) => void;
  #loading: Promise<TabClassifier> | undefined;

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

  /** Forgets a classifier whose worker has stopped. */
  drop(): void {
    this.#loading = undefined;
  }

  async #start(): Promise<TabClassifier> {
    this.#onState({ kind: 'loading', received: 0, total: undefined });
    try {
      const served = await this.#service.model();
      this.#onServed(served);
      if (!isSecureContext) {
        throw new PageError({
          code: 'CONTEXT_INSECURE',
          message: 'The model cannot be checked in this tab, so it is not run here.',
          expected: 'https, or an address of this machine such as http://localhost',
          received: location.origin,
        });
      }
      const classifier = await TabClassifier.load({
        workerUrl: this.#workerUrl,
        modelUrl: this.#service.modelUrl(served.digest),
        digest: served.digest,
        maxPixels: served.limits.maxPixels,
        onProgress: (received, total) => this.#onState({ kind: 'loading', received, total }),
      });
      this.#onState({ kind: 'ready', classifier });
      return classifier;
    } catch (error) {
      this.#loading = undefined;
      const problem = toProblem(error, {
        code: 'PAGE_FAILED',
        message: 'The model could not be loaded here.',
      });
      this.#onState({ kind: 'failed', problem });
      throw new PageError(problem);
    }
  }
}
