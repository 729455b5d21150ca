import type { BatchStream } from '../data/batches.js';
import { KilnError } from '../errors/errors.js';
import { type Checkpoint, type CheckpointMetadata, CheckpointShelf } from './checkpoint.js';
import type { TrainingEngine, WeightSet } from './engine.js';
import { evaluateBatches, type PreparedBatch, preparedBatches } from './evaluate.js';
import { formatStep, formatTime, logInterval, now } from './log.js';
import { Metrics } from './metrics.js';
import { Pace } from './pace.js';
import { epochsAt, type Plan, positionAt } from './plan.js';
import type { Run } from './run.js';
import { allFinite } from './state.js';

/** What may be chosen about a run without changing its arithmetic. */
export interface LoopOptions {
  /** Which checkpoints stay: the last five and the best, or all. Default last. */
  readonly keep?: 'last' | 'all';
  /** Default 600, as in the tutorial. */
  readonly checkpointSeconds?: number;
  /** Checkpoints at multiples of this number of steps, besides. */
  readonly checkpointSteps?: number;
  /** Validates after every so many epochs, and at the end. Default 1. */
  readonly validateEpochs?: number;
  /** Once aborted, the run writes a checkpoint and ends. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export interface Precision {
  readonly ema: number;
  readonly raw: number;
}

export type TrainEvent =
  /** A remark; it stands in log.txt too. */
  | { readonly kind: 'message'; readonly text: string }
  | {
      readonly kind: 'step';
      /** Steps done. */
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly examplesPerSecond: number;
    }
  /** The tutorial's line, every ten steps. */
  | { readonly kind: 'logged'; readonly text: string }
  | { readonly kind: 'validated'; readonly step: number; readonly precision: Precision }
  | { readonly kind: 'saved'; readonly step: number; readonly path: string };

export interface TrainResult {
  readonly status: 'finished' | 'interrupted';
  readonly run: string;
  readonly folder: string;
  /** The checkpoint of the last step. */
  readonly checkpoint: string;
  readonly step: number;
  /** Of training altogether, resumed parts included. */
  readonly seconds: number;
  /** Share of the time that the steps of this part waited for input, in [0, 1]. */
  readonly waited: number;
  /** Of the last step; null where the run trains on the validation split, or was interrupted. */
  readonly validation: Precision | null;
}

/** The checkpoint written last. */
export interface Saved {
  readonly path: string;
  readonly step: number;
  readonly validation: Precision | null;
}

/** Says something in log.txt and to whoever watches. */
export function tellRun(run: Run, { onEvent }: LoopOptions, text: string): void {
  run.log(text);
  onEvent?.({ kind: 'message', text });
}

/** A run on its way: the loop and what it measures. */
export class TrainingLoop {
  readonly #options: LoopOptions;
  readonly #run: Run;
  readonly #plan: Plan;
  readonly #engine: TrainingEngine;
  readonly #batches: BatchStream;
  readonly #metrics: Metrics;
  readonly #secondsBefore: number;
  readonly #start = performance.now();
  #validationBatches: readonly PreparedBatch[] | undefined;

  constructor(options: LoopOptions, run: Run, plan: Plan, engine: TrainingEngine, batches: BatchStream) {
    this.#options = options;
    this.#run = run;
    this.#plan = plan;
    this.#engine = engine;
    this.#batches = batches;
    this.#metrics = new Metrics(run.metricsFile);
    this.#secondsBefore = this.#metrics.seconds;
  }

  async toTheEnd(before?: Saved): Promise<TrainResult> {
    const { signal, checkpointSeconds = 600, checkpointSteps } = this.#options;
    const { totalSteps } = this.#plan;
    const engine = this.#engine;
    const shelf = await CheckpointShelf.open(this.#run.checkpoints);
    const whole = new Pace(this.#batches);
    let logged = new Pace(this.#batches);
    let validation = before?.validation ?? null;
    let saved = before;
    let savedAt = performance.now();

    while (engine.step < totalSteps && signal?.aborted !== true) {
      const loss = await whole.measure(() => logged.measure(() => this.#step()));
      const done = engine.step;
      this.#reportStep(loss, logged);
      if ((done - 1) % logInterval === 0) {
        this.#logStep(loss, logged);
        logged = new Pace(this.#batches);
      }

      validation = this.#validationDue() ? await this.#validate() : null;
      const overdue = performance.now() - savedAt >= checkpointSeconds * 1000;
      const round = checkpointSteps !== undefined && done % checkpointSteps === 0;
      if (validation !== null || overdue || round) {
        saved = await this.#save(shelf, validation);
        savedAt = performance.now();
      }
    }

    if (saved?.step !== engine.step) saved = await this.#save(shelf, validation);
    const status = engine.step < totalSteps ? 'interrupted' : 'finished';
    const { waited } = whole.reading;
    const seconds = this.#seconds();
    if (whole.reading.steps > 0) this.#metrics.append({ step: engine.step, seconds });
    this.#tell(
      `${status} at step ${engine.step} after ${seconds.toFixed(1)} s; ${(100 * waited).toFixed(2)} % of the steps' time was waiting for input`,
    );
    const { name, folder } = this.#run;
    return {
      status,
      run: name,
      folder,
      checkpoint: saved.path,
      step: engine.step,
      seconds,
      waited,
      validation,
    };
  }

  /** One step; returns its loss. */
  async #step(): Promise<number> {
    const { recipe } = this.#plan;
    const known = this.#engine.device !== undefined;
    const position = positionAt(this.#plan, this.#engine.step);
    const rates = { learningRate: recipe.learningRate(position), emaDecay: recipe.emaDecay(position) };
    const batch = await this.#batches.next();
    const [losses] = await this.#engine.run([batch], [rates]);
    if (!known) this.#tellDevice();
    const { total } = losses!;
    if (!Number.isFinite(total)) throw diverged(`Model diverged with loss = ${total}`, position.step);
    return total;
  }

  #tellDevice(): void {
    const { engine, provider, failed } = this.#engine.device!;
    const tried = failed.map((failure) => ` (${failure.provider}: ${failure.reason})`).join('');
    this.#tell(`${engine} engine on ${provider}${tried}`);
  }

  #reportStep(loss: number, pace: Pace): void {
    const { totalSteps, choices } = this.#plan;
    const examplesPerSecond = choices.batch / pace.reading.secondsPerBatch;
    this.#options.onEvent?.({ kind: 'step', step: this.#engine.step, totalSteps, loss, examplesPerSecond });
  }

  #logStep(loss: number, pace: Pace): void {
    const { secondsPerBatch, waited } = pace.reading;
    const { choices, recipe } = this.#plan;
    const step = this.#engine.step;
    const examplesPerSecond = choices.batch / secondsPerBatch;
    const text = formatStep({ time: now(), step: step - 1, loss, examplesPerSecond, secondsPerBatch });
    this.#run.log(text);
    this.#options.onEvent?.({ kind: 'logged', text });
    this.#metrics.append({
      step,
      epoch: (step * choices.batch) / this.#plan.split.count,
      seconds: this.#seconds(),
      learning_rate: recipe.learningRate(positionAt(this.#plan, step - 1)),
      loss,
      examples_per_second: examplesPerSecond,
      waited,
    });
  }

  /** At the first step at or beyond every so many passes over the data, and at the last. */
  #validationDue(): boolean {
    if (this.#plan.validation === undefined) return false;
    const { step } = this.#engine;
    const every = this.#options.validateEpochs ?? 1;
    const passed = (steps: number) => Math.floor(epochsAt(this.#plan, steps) / every);
    return step === this.#plan.totalSteps || passed(step) > passed(step - 1);
  }

  async #validate(): Promise<Precision> {
    const { validation, network, dataset } = this.#plan;
    this.#validationBatches ??= [...preparedBatches(validation!, network)];
    const measure = async (weights: WeightSet) => {
      const answer = (images: Float32Array, count: number) => this.#engine.evaluate(images, count, weights);
      return (await evaluateBatches(this.#validationBatches!, dataset.labels, answer)).precisionAt1;
    };
    const precision = { ema: await measure('ema'), raw: await measure('raw') };
    const { step } = this.#engine;
    this.#tell(
      `${formatTime(now())}: step ${step}, validation precision @ 1 = ${precision.ema.toFixed(3)} (raw weights ${precision.raw.toFixed(3)})`,
    );
    this.#options.onEvent?.({ kind: 'validated', step, precision });
    this.#metrics.append({
      step,
      epoch: (step * this.#plan.choices.batch) / this.#plan.split.count,
      seconds: this.#seconds(),
      validation_ema: precision.ema,
      validation_raw: precision.raw,
    });
    return precision;
  }

  async #save(shelf: CheckpointShelf, validation: Precision | null): Promise<Saved> {
    const state = this.#engine.snapshot();
    if (!allFinite(state)) throw diverged('Model diverged with weights that are not finite', state.step);
    const checkpoint: Checkpoint = { metadata: this.#metadata(state.step, validation), state };
    const path = await shelf.save(checkpoint, this.#options.keep ?? 'last');
    this.#options.onEvent?.({ kind: 'saved', step: state.step, path });
    return { path, step: state.step, validation };
  }

  #metadata(step: number, validation: Precision | null): CheckpointMetadata {
    const { dataset, choices, network, recipe } = this.#plan;
    return {
      step,
      network: network.name,
      labels: [...dataset.labels],
      dataset: { name: dataset.name, digest: dataset.digest },
      trainedOn: choices.trainOn,
      recipe: recipe.name,
      batch: choices.batch,
      seed: choices.seed,
      validation,
    };
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#start) / 1000;
  }

  #tell(text: string): void {
    tellRun(this.#run, this.#options, text);
  }
}

function diverged(message: string, step: number): KilnError {
  return new KilnError('TRAINING_DIVERGED', {
    message,
    expected: 'finite numbers (a lower learning rate may give them); the last good checkpoint is kept',
    received: message.slice(message.indexOf('with ')).concat(` at step ${step}`),
  });
}
