import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { KilnError } from '../../errors/errors.js';
import { EvaluationTally } from '../../runtime/evaluation.js';
import type { Row, RowResult } from '../../runtime/worker-pool.js';
import { asKilnError } from '../errors.js';
import type { LiveModel } from '../models/live-model.js';
import type { AnswerSheet } from './answer-sheet.js';
import { Answers } from './answers.js';
import type { KeptPicture } from './kept-pictures.js';
import { PictureKeeper } from './picture-keeper.js';
import type { LabelledFrames, PictureSource } from './picture-source.js';
import type { EvaluationFacts, EvaluationView, SkippedPicture } from './views.js';

/** So many of the pictures that could not be read are told by name. */
const toldSkipped = 5;

type EvaluationState = EvaluationView extends infer View
  ? View extends EvaluationView
    ? Omit<View, keyof EvaluationFacts | 'progress' | 'skipped'>
    : never
  : never;

export interface EvaluationOptions {
  readonly facts: EvaluationFacts;
  readonly source: PictureSource;
  readonly model: LiveModel;
  /** Of pixels, of pictures that cannot be had again afterwards. */
  readonly keptPictureBytes: number;
  /** Writes some of them down; called once all have been classified. */
  readonly keep: (pictures: readonly KeptPicture[]) => void;
  /** Told why it failed. */
  readonly report: (error: unknown) => void;
}

/** Labelled pictures, classified batch after batch while no request waits. */
export class Evaluation {
  readonly facts: EvaluationFacts;
  readonly #answers: Answers;
  readonly #names: string[];
  readonly #keeper: PictureKeeper;
  readonly #source: PictureSource;
  readonly #model: LiveModel;
  readonly #tally: EvaluationTally;
  readonly #frameBytes: number;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #skipped: SkippedPicture[] = [];
  readonly #keep: EvaluationOptions['keep'];
  readonly #report: EvaluationOptions['report'];
  #skippedCount = 0;
  #state: EvaluationState = { status: 'running' };

  constructor({ facts, source, model, keptPictureBytes, keep, report }: EvaluationOptions) {
    const { labels, frame } = model.metadata;
    this.facts = facts;
    this.#source = source;
    this.#model = model;
    this.#keep = keep;
    this.#report = report;
    this.#tally = new EvaluationTally(labels);
    this.#frameBytes = frame.height * frame.width * 3;
    this.#answers = Answers.ofCount(source.count);
    this.#names = Array.from({ length: source.count }, () => '');
    this.#keeper = new PictureKeeper({
      capacity: source.source === 'archive' ? Math.floor(keptPictureBytes / this.#frameBytes) : 0,
      classes: labels.length,
    });
    setMaxListeners(0, this.#stop.signal); // one for each lane
    this.#stop.signal.addEventListener('abort', () => void source.close()); // and no lane waits for pictures
  }

  get running(): boolean {
    return this.#state.status === 'running';
  }

  get view(): EvaluationView {
    return {
      ...this.facts,
      progress: { done: this.#done, count: this.#source.count },
      skipped: { count: this.#skippedCount, examples: this.#skipped },
      ...this.#state,
    };
  }

  get sheet(): AnswerSheet {
    const named = this.#names.some((name) => name !== '');
    return {
      answers: this.#answers,
      names: named ? this.#names : undefined,
      frameHeight: this.#model.metadata.frame.height,
    };
  }

  /** Runs to its end, whatever that is; never rejects. It ends when nothing of it is left, and the next may begin. */
  async run(): Promise<void> {
    const began = performance.now();
    const lanes = Array.from({ length: this.#model.batcher.backgroundLanes }, () => this.#lane());
    for (const lane of lanes) lane.catch((error: unknown) => this.#stop.abort(error)); // the others stop with it
    await Promise.allSettled(lanes);
    const seconds = (performance.now() - began) / 1000;
    await this.#source.close();
    await this.#keepPictures(); // before anybody hears that it is done, and asks for them
    if (this.#stop.signal.aborted) this.#fail(this.#stop.signal.reason);
    else {
      const result = { ...this.#tally.result(), imagesPerSecond: this.#tally.count / seconds };
      this.#end((endedAt) => ({ status: 'done', endedAt, result }));
    }
  }

  /** Ends it where it runs; what has ended stays as it is. */
  stop(status: 'cancelled' | 'interrupted'): void {
    this.#end((endedAt) => ({ status, endedAt }));
    this.#stop.abort(new Error(`the evaluation was ${status}`));
  }

  /** Resolves at the next whole percent, or at the end. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#listeners.add(resolve));
  }

  get #done(): number {
    return this.#tally.count + this.#skippedCount;
  }

  get #percent(): number {
    return Math.floor((100 * this.#done) / this.#source.count);
  }

  async #keepPictures(): Promise<void> {
    try {
      const pictures = this.#keeper.encode(this.#model.metadata.frame, this.#stop.signal);
      for await (const some of pictures) this.#keep(some);
    } catch (error) {
      this.#report(error); // the figures hold without them
    }
  }

  #fail(error: unknown): void {
    if (!this.running) return; // it was stopped
    this.#report(error);
    this.#end((endedAt) => ({ status: 'failed', endedAt, error: asKilnError(error).toJSON() }));
  }

  #end(state: (endedAt: string) => EvaluationState): void {
    if (!this.running) return;
    this.#state = state(new Date().toISOString());
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** Takes batch after batch until none is left; several lanes keep every worker busy. */
  async #lane(): Promise<void> {
    const { batcher } = this.#model;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const batch = await this.#source.next(batcher.settings.maxBatch);
      if (batch === undefined || signal.aborted) return;
      const rows = this.#rows(batch);
      const results = rows.length === 0 ? [] : await batcher.background(rows, signal);
      if (this.running) this.#count(batch, results);
    }
  }

  #rows({ frames, places }: LabelledFrames): Row[] {
    const rows = new Array<Row>(places.length);
    for (let row = 0; row < rows.length; row += 1) {
      const bytes = frames.subarray(row * this.#frameBytes, (row + 1) * this.#frameBytes);
      rows[row] = { kind: 'frame', bytes };
    }
    return rows;
  }

  #count(batch: LabelledFrames, results: readonly RowResult[]): void {
    const { skipped } = batch;
    const percent = this.#percent;
    for (const [row, result] of results.entries()) {
      if (result.kind === 'error') throw new KilnError(result.error.code, result.error);
      this.#countRow(batch, row, result.values);
    }
    this.#skippedCount += skipped.length;
    this.#skipped.push(...skipped.slice(0, toldSkipped - this.#skipped.length));
    if (this.#percent > percent) this.#notify();
  }

  #countRow({ labels, places, names, frames }: LabelledFrames, row: number, values: Float32Array): void {
    const [place, label] = [places[row]!, labels[row]!];
    const predicted = this.#tally.addRow(values, label);
    this.#answers.set(place, label, predicted, values);
    if (names !== undefined) this.#names[place] = names[row]!;
    const confidence = values[predicted] ?? 0;
    const frame = frames.subarray(row * this.#frameBytes, (row + 1) * this.#frameBytes);
    this.#keeper.offer({ place, label, predicted, confidence, frame });
  }
}
