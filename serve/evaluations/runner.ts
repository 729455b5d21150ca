import { randomUUID } from 'node:crypto';
import { KilnError } from '../../errors/errors.js';
import type { LiveModel } from '../models/live-model.js';
import type { ModelRepository } from '../models/repository.js';
import { Evaluation } from './evaluation.js';
import type { PictureSource } from './picture-source.js';
import type { EndedEvaluation, EvaluationFilter, EvaluationRecords } from './records.js';
import type { EvaluationSummary, EvaluationView } from './views.js';

/** At once, those whose pictures are still being received or opened included. */
const atOnce = 2;

/** What is evaluated, once its pictures are at hand. */
export interface EvaluationOrder {
  /** Default: the service's. */
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  /** @throws KilnError where the pictures do not fit the model */
  open(model: LiveModel, signal: AbortSignal): Promise<PictureSource>;
  /** Gives up what `open` would have needed; called when it is not. */
  discard(): Promise<void>;
}

interface Options {
  readonly models: ModelRepository;
  readonly records: EvaluationRecords;
  readonly keptPictureBytes: number;
  /** Interrupts all evaluations, and refuses further ones, when it aborts. */
  readonly closing: AbortSignal;
  /** Told why an evaluation failed, or could not be written down. */
  readonly report: (error: unknown) => void;
}

/** Runs the evaluations of one service and writes them down. */
export class EvaluationRunner {
  readonly records: EvaluationRecords;
  readonly #models: ModelRepository;
  readonly #keptPictureBytes: number;
  readonly #closing: AbortSignal;
  readonly #report: (error: unknown) => void;
  readonly #running = new Map<string, Evaluation>();
  readonly #ends = new Set<Promise<void>>();
  #active = 0;

  constructor({ models, records, keptPictureBytes, closing, report }: Options) {
    this.records = records;
    this.#models = models;
    this.#keptPictureBytes = keptPictureBytes;
    this.#closing = closing;
    this.#report = report;
    closing.addEventListener('abort', () => {
      for (const evaluation of this.#running.values()) evaluation.stop('interrupted');
    });
  }

  /**
   * Receives an order and begins with it.
   *
   * @param receive called once there is room, so that nobody uploads in vain; its signal aborts when the service closes
   * @throws KilnError QUEUE_FULL where enough are running; MODEL_NOT_SERVED; as `receive` and the order's `open`
   */
  async start(receive: (signal: AbortSignal) => Promise<EvaluationOrder>): Promise<EvaluationView> {
    if (this.#active >= atOnce) {
      throw new KilnError('QUEUE_FULL', {
        message: 'As many evaluations are running as the service runs at once.',
        expected: `at most ${atOnce} evaluations`,
        received: 'one more',
      });
    }
    this.#active += 1;
    try {
      const order = await receive(this.#closing);
      const model = await this.#modelOf(order);
      const release = model.retain(); // a hot reload must not change the model underway
      try {
        const source = await order.open(model, this.#closing);
        const evaluation = await this.#begin(source, model);
        this.#follow(evaluation, release);
        return evaluation.view;
      } catch (error) {
        release();
        throw error;
      }
    } catch (error) {
      this.#active -= 1;
      throw error;
    }
  }

  /** The newest first. @throws KilnError EVALUATION_NOT_FOUND for a `before` that is none */
  list(filter: EvaluationFilter): EvaluationSummary[] {
    return this.records.list(filter).map((summary) => this.#running.get(summary.id)?.view ?? summary);
  }

  /** @throws KilnError EVALUATION_NOT_FOUND */
  get(id: string): EvaluationView {
    return this.#running.get(id)?.view ?? this.records.get(id);
  }

  /** Ends it where it runs; what has ended stays as it is. @throws KilnError EVALUATION_NOT_FOUND */
  cancel(id: string): EvaluationView {
    this.#running.get(id)?.stop('cancelled');
    return this.get(id);
  }

  /**
   * What becomes of it, up to its end; who asks rarely is given the newest, not all of it.
   *
   * @throws KilnError EVALUATION_NOT_FOUND
   */
  follow(id: string): AsyncIterable<EvaluationView> {
    const evaluation = this.#running.get(id);
    const ended = evaluation === undefined ? this.records.get(id) : undefined;
    return (async function* () {
      if (ended !== undefined) yield ended;
      while (evaluation !== undefined) {
        const changed = evaluation.changed();
        const { view } = evaluation;
        yield view;
        if (view.status !== 'running') return;
        await changed;
      }
    })();
  }

  /** Resolves when every evaluation has ended and is written down; to be called after `closing` has aborted. */
  async close(): Promise<void> {
    await Promise.all(this.#ends);
    this.records.close();
  }

  async #modelOf(order: EvaluationOrder): Promise<LiveModel> {
    try {
      return this.#models.find(order.model, order.version);
    } catch (error) {
      await order.discard();
      throw error;
    }
  }

  async #begin(source: PictureSource, model: LiveModel): Promise<Evaluation> {
    try {
      this.#closing.throwIfAborted();
      const facts = {
        id: randomUUID(),
        model: { name: model.name, version: model.version, digest: model.digest },
        source: source.source,
        dataset: source.dataset,
        split: source.split,
        dataDigest: source.dataDigest,
        startedAt: new Date().toISOString(),
      };
      this.records.begin(facts, source.count);
      return new Evaluation({
        facts,
        source,
        model,
        keptPictureBytes: this.#keptPictureBytes,
        keep: (pictures) => this.records.pictures.add(facts.id, pictures),
        report: this.#report,
      });
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  #follow(evaluation: Evaluation, release: () => void): void {
    const { id } = evaluation.facts;
    this.#running.set(id, evaluation);
    const end = evaluation.run().then(() => {
      release();
      this.#active -= 1;
      this.#ends.delete(end);
      this.#writeDown(evaluation);
    });
    this.#ends.add(end);
  }

  /** What cannot be written down stays in memory, where it can at least be read. */
  #writeDown(evaluation: Evaluation): void {
    const ended = evaluation.view as EndedEvaluation; // it has run
    try {
      this.records.end(ended, ended.status === 'done' ? evaluation.sheet : undefined);
      this.#running.delete(ended.id);
    } catch (error) {
      this.#report(error);
    }
  }
}
