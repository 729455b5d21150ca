import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { SharedExamples, SplitName } from '../data/dataset.js';
import { rowOf } from '../data/memory.js';
import { type ErrorReport, KilnError } from '../errors/errors.js';
import { EvaluationTally, type TimedEvaluation } from '../runtime/evaluation.js';
import type { Row } from '../runtime/worker-pool.js';
import type { Batcher } from './batcher.js';
import type { LabelledSplit } from './dataset-thread.js';
import { asKilnError } from './errors.js';
import type { LiveModel } from './models/live-model.js';

export interface EvaluationRequest {
  /** Default: the service's. */
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly dataset: string;
  readonly split: SplitName;
  /** Pictures from the beginning of the split; all without. */
  readonly limit?: number | undefined;
}

export type EvaluationState =
  | { readonly status: 'running' }
  | { readonly status: 'done'; readonly result: TimedEvaluation }
  | { readonly status: 'failed'; readonly error: ErrorReport }
  | { readonly status: 'cancelled' };

/** One split, classified batch after batch while no request waits. */
export class Evaluation {
  readonly startedAt = new Date();
  /** Pictures to count. */
  readonly count: number;
  readonly id: string;
  readonly request: EvaluationRequest;
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
  readonly #examples: SharedExamples;
  readonly #batcher: Batcher;
  readonly #tally: EvaluationTally;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #state: EvaluationState = { status: 'running' };
  #next = 0;

  constructor(id: string, request: EvaluationRequest, split: LabelledSplit, model: LiveModel) {
    this.id = id;
    this.request = request;
    this.model = { name: model.name, version: model.version, digest: model.digest };
    this.#examples = split.examples;
    this.#batcher = model.batcher;
    this.count = Math.min(request.limit ?? Number.POSITIVE_INFINITY, split.examples.rows.length);
    this.#tally = new EvaluationTally(split.labels);
    setMaxListeners(0, this.#stop.signal); // one for each lane
  }

  get state(): EvaluationState {
    return this.#state;
  }

  /** Pictures counted so far. */
  get done(): number {
    return this.#tally.count;
  }

  /** Runs to its end, whatever that is; never rejects. */
  async run(): Promise<void> {
    const began = performance.now();
    try {
      const lanes = Array.from({ length: this.#batcher.backgroundLanes }, () => this.#lane());
      await Promise.all(lanes);
      const seconds = (performance.now() - began) / 1000;
      this.#end({
        status: 'done',
        result: { ...this.#tally.result(), imagesPerSecond: this.count / seconds },
      });
    } catch (error) {
      this.#stop.abort(error);
      this.#end({ status: 'failed', error: asKilnError(error).toJSON() });
    }
  }

  /** Ends it where it runs; what has ended stays as it is. */
  cancel(): void {
    this.#end({ status: 'cancelled' });
    this.#stop.abort(new Error('the evaluation was cancelled'));
  }

  /** Resolves at the next whole percent, or at the end. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#listeners.add(resolve));
  }

  #end(state: EvaluationState): void {
    if (this.#state.status !== 'running') return;
    this.#state = state;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** Takes batch after batch until none is left; several lanes keep several workers busy. */
  async #lane(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#next < this.count && !signal.aborted) {
      const first = this.#next;
      this.#next = Math.min(this.count, first + this.#batcher.settings.maxBatch);
      const { rows, labels } = this.#read(first, this.#next);
      const results = await this.#batcher.background(rows, signal);
      const percent = this.#percent();
      for (const [index, result] of results.entries()) {
        if (result.kind === 'error') throw new KilnError(result.error.code, result.error);
        this.#tally.add(result.values, labels.subarray(index, index + 1));
      }
      if (this.#percent() > percent) this.#notify();
    }
  }

  #percent(): number {
    return Math.floor((100 * this.#tally.count) / this.count);
  }

  /** Frames and labels of the examples first … end − 1. */
  #read(first: number, end: number): { rows: Row[]; labels: Int32Array } {
    const { images, labels, height, width } = this.#examples;
    const bytes = height * width * 3;
    const places = Array.from({ length: end - first }, (_, index) => rowOf(this.#examples, first + index));
    return {
      rows: places.map((place) => ({
        kind: 'frame',
        bytes: images.subarray(place * bytes, (place + 1) * bytes),
      })),
      labels: Int32Array.from(places, (place) => labels[place]!),
    };
  }
}
