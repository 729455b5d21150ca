import { randomUUID } from 'node:crypto';
import { KilnError } from '../errors/errors.js';
import type { LabelledSplit, SplitOpener } from './dataset-thread.js';
import { Evaluation, type EvaluationRequest } from './evaluation.js';
import type { LiveModel } from './models/live-model.js';
import type { ModelRepository } from './models/repository.js';

/** Evaluations remembered; the oldest that has ended makes room. */
const kept = 64;
/** At once, those whose split is being opened included: each holds its split in memory. */
const atOnce = 2;

/** The evaluations of one service, in memory: they end with the process. */
export class EvaluationStore {
  readonly #evaluations = new Map<string, Evaluation>();
  readonly #models: ModelRepository;
  readonly #open: SplitOpener;
  readonly #closing: AbortSignal;
  #active = 0;

  /** @param closing cancels all evaluations, and refuses further ones, when it aborts */
  constructor(models: ModelRepository, open: SplitOpener, closing: AbortSignal) {
    this.#models = models;
    this.#open = open;
    this.#closing = closing;
    closing.addEventListener('abort', () => {
      for (const evaluation of this.#evaluations.values()) evaluation.cancel();
    });
  }

  /**
   * Opens the split and starts on it.
   *
   * @throws KilnError MODEL_NOT_SERVED; DATASET_UNKNOWN, DATASET_NOT_FOUND, DATASET_CORRUPT; DATASET_MISMATCH where labels or
   *   frame differ from the model's; QUEUE_FULL where enough are running
   */
  async start(request: EvaluationRequest): Promise<Evaluation> {
    if (this.#active >= atOnce) {
      throw new KilnError('QUEUE_FULL', {
        message: 'As many evaluations are running as the service runs at once.',
        expected: `at most ${atOnce} evaluations`,
        received: 'one more',
      });
    }
    const model = this.#models.find(request.model, request.version);
    const release = model.retain();
    this.#active += 1;
    let running: Promise<void> | undefined;
    try {
      const { dataset, split: name } = request;
      const split = await this.#open({ dataset, split: name, frame: model.metadata.frame }, this.#closing);
      this.#closing.throwIfAborted();
      assertFits(model, dataset, split);
      const evaluation = new Evaluation(randomUUID(), request, split, model);
      this.#remember(evaluation);
      running = evaluation.run();
      return evaluation;
    } finally {
      void Promise.resolve(running).then(() => {
        release();
        this.#active -= 1;
      });
    }
  }

  /** The newest first. */
  list(): Evaluation[] {
    return [...this.#evaluations.values()].reverse();
  }

  /** @throws KilnError EVALUATION_NOT_FOUND */
  get(id: string): Evaluation {
    const evaluation = this.#evaluations.get(id);
    if (evaluation !== undefined) return evaluation;
    throw new KilnError('EVALUATION_NOT_FOUND', {
      expected: `an id of the ${this.#evaluations.size} that GET /evaluations lists`,
      received: id,
    });
  }

  #remember(evaluation: Evaluation): void {
    this.#evaluations.set(evaluation.id, evaluation);
    if (this.#evaluations.size <= kept) return;
    const oldest = [...this.#evaluations.values()].find(({ state }) => state.status !== 'running');
    if (oldest !== undefined) this.#evaluations.delete(oldest.id);
  }
}

function assertFits({ metadata }: LiveModel, dataset: string, { labels, examples }: LabelledSplit): void {
  if (labels.join('\n') !== metadata.labels.join('\n')) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `the model's labels ${metadata.labels.join(', ')}`,
      received: `${dataset} with ${labels.join(', ')}`,
    });
  }
  const { height, width } = metadata.frame;
  if (examples.height !== height || examples.width !== width) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `pictures of the model's frame, ${width}×${height}`,
      received: `${dataset} with ${examples.width}×${examples.height}`,
    });
  }
}
