import { fetchModel } from '../../browser/fetch-model.js';
import { openTeacher, type Teacher } from '../../browser/teaching/teacher.js';
import { type ModelAtHand, maxPixelsOf, modelAtHand } from '../model-at-hand.js';
import type { Service } from '../service.js';
import type { FrameRule } from './frames.js';

export interface BaseFacts {
  readonly rule: FrameRule;
  /** What the service tells of it; undefined of a file that this browser has kept while the service is not there. */
  readonly card: { readonly name: string; readonly labels: number } | undefined;
}

/** The chosen model as what is taught on top of: its facts first, its file and the teacher when they are needed. */
export class BaseModel {
  readonly facts: Promise<BaseFacts>;
  readonly #service: Service;
  readonly #atHand: Promise<ModelAtHand>;
  #teacher: Promise<Teacher> | undefined;

  constructor(service: Service) {
    this.#service = service;
    this.#atHand = modelAtHand(service);
    this.facts = this.#readFacts();
    this.facts.catch(() => undefined); // told to whoever awaits it
  }

  /**
   * Opened once; after a failure the next call tries again. The file comes from where the tab of Classify keeps it.
   *
   * @throws ClassifierError MODEL_UNREACHABLE, MODEL_DIGEST_MISMATCH, RUNTIME_FAILED …, PageError as `modelAtHand`
   */
  teacher(): Promise<Teacher> {
    this.#teacher ??= this.#open().catch((error) => {
      this.#teacher = undefined;
      throw error;
    });
    return this.#teacher;
  }

  /** Ends the teacher, and with it what it taught. */
  close(): void {
    this.#teacher?.then(
      (teacher) => teacher.close(),
      () => undefined,
    );
    this.#teacher = undefined;
  }

  async #readFacts(): Promise<BaseFacts> {
    const atHand = await this.#atHand;
    const maxPixels = maxPixelsOf(atHand);
    if (atHand.kind === 'kept')
      return { rule: { ...(await this.teacher()).frame, maxPixels }, card: undefined };
    const { name, frame, labels } = atHand.served.metadata;
    const { height, width } = frame;
    return { rule: { height, width, maxPixels }, card: { name, labels: labels.length } };
  }

  async #open(): Promise<Teacher> {
    const { url: modelUrl, digest } = await this.#atHand;
    const request = { modelUrl, digest, headers: this.#service.connection.headers };
    const { bytes } = await fetchModel(request, () => undefined);
    return openTeacher(bytes, {
      worker: new URL('teacher-worker.js', document.baseURI),
      runtime: new URL('ort/', document.baseURI),
    });
  }
}
