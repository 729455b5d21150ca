import type { Batch, BatchStream } from '../data/batches.js';
import { KilnError } from '../errors/errors.js';
import { type Checkpoint, CheckpointShelf } from './checkpoint.js';
import { metadataAt } from './checkpoint-metadata.js';
import { diverged } from './diverged.js';
import type { Losses, Rates, TrainingEngine, WeightSet } from './engine.js';
import { type PreparedBatch, preparedBatches } from './evaluate.js';
import { sameLayers } from './freezing.js';
import { formatStep, formatTime, logInterval, now } from './log.js';
import { Metrics } from './metrics.js';
import type { EndOfRun, Precision, RunObserver, TrainEvent } from './observer.js';
import type { Saved, TrainResult } from './outcome.js';
import { Pace } from './pace.js';
import { epochsAt, type Plan, ratesAt } from './plan.js';
import type { Run } from './run.js';
import { allFinite } from './state.js';
import { EarlyStopping } from './stopping.js';
import { validate } from './validate.js';

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
  /** Ends the run once so many validations in a row have brought nothing better. Default: never. */
  readonly patience?: number;
  /** Once aborted, the run writes a checkpoint and ends. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

/** Says something in log.txt and to whoever watches. */
export function tellRun(run: Run, { onEvent }: LoopOptions, text: string): void {
  run.log(text);
  onEvent?.({ kind: 'message', text });
}

export interface LoopParts {
  readonly options: LoopOptions;
  readonly run: Run;
  readonly plan: Plan;
  readonly engine: TrainingEngine;
  readonly batches: BatchStream;
  readonly observers: readonly RunObserver[];
}

/** A run on its way: the loop and what it measures. */
export class TrainingLoop {
  readonly #options: LoopOptions;
  readonly #run: Run;
  readonly #plan: Plan;
  readonly #engine: TrainingEngine;
  readonly #batches: BatchStream;
  readonly #observers: readonly RunObserver[];
  readonly #metrics: Metrics;
  readonly #secondsBefore: number;
  readonly #start = performance.now();
  #validationBatches: readonly PreparedBatch[] | undefined;
  #saved: Saved | undefined;
  #deviceTold = false;
  #settled: readonly string[] = [];

  constructor({ options, run, plan, engine, batches, observers }: LoopParts) {
    this.#options = options;
    this.#run = run;
    this.#plan = plan;
    this.#engine = engine;
    this.#batches = batches;
    this.#observers = observers;
    this.#metrics = new Metrics(run.metricsFile);
    this.#secondsBefore = this.#metrics.seconds;
  }

  /**
   * @param before the checkpoint with which the engine was opened
   * @throws whatever ended the run; unless it diverged, the last whole step has its checkpoint by then
   */
  async toTheEnd(before?: Saved): Promise<TrainResult> {
    const shelf = await CheckpointShelf.open(this.#run.checkpoints);
    this.#saved = before;
    try {
      return await this.#train(shelf);
    } catch (error) {
      await this.#saveAfter(error, shelf);
      throw error;
    }
  }

  async #train(shelf: CheckpointShelf): Promise<TrainResult> {
    const { checkpointSeconds = 600, checkpointSteps } = this.#options;
    const engine = this.#engine;
    const stopping = new EarlyStopping(this.#options.patience, this.#metrics.validations);
    const whole = new Pace(this.#batches);
    let logged = new Pace(this.#batches);
    let validation = this.#saved?.validation ?? null;
    let savedAt = performance.now();
    if (validation === null && engine.step > 0 && this.#validationDue()) {
      // An error came between the step and its validation.
      validation = await this.#validate();
      stopping.consider(validation.ema);
      await this.#save(shelf, validation);
    }
    let end = this.#endBefore(stopping);

    while (end === undefined) {
      const { batch, rates } = await whole.measure(() => logged.measure(() => this.#nextBatch()));
      await this.#inspect(batch, rates);
      const losses = await whole.continue(() => logged.continue(() => this.#step(batch, rates)));
      const done = engine.step;
      await this.#reportStep(losses, rates, logged);
      if ((done - 1) % logInterval === 0) {
        await this.#logStep(losses, rates, logged);
        logged = new Pace(this.#batches);
      }

      validation = this.#validationDue() ? await this.#validate() : null;
      if (validation !== null) stopping.consider(validation.ema);
      const overdue = performance.now() - savedAt >= checkpointSeconds * 1000;
      const round = checkpointSteps !== undefined && done % checkpointSteps === 0;
      if (validation !== null || overdue || round) {
        await this.#save(shelf, validation);
        savedAt = performance.now();
      }
      end = this.#endBefore(stopping);
    }

    const saved = this.#saved?.step === engine.step ? this.#saved : await this.#save(shelf, validation);
    const { waited } = whole.reading;
    const seconds = this.#seconds();
    if (whole.reading.steps > 0) this.#metrics.append({ step: engine.step, seconds });
    await this.#tell(
      `${end} at step ${engine.step} after ${seconds.toFixed(1)} s; ${(100 * waited).toFixed(2)} % of the steps' time was waiting for input`,
    );
    await this.#report({ kind: 'ended', end, step: engine.step, seconds });
    const { name, folder } = this.#run;
    return {
      status: end,
      run: name,
      folder,
      checkpoint: saved.path,
      step: engine.step,
      seconds,
      waited,
      validation,
    };
  }

  /** Whether there is a reason not to do another step. */
  #endBefore(stopping: EarlyStopping): EndOfRun | undefined {
    const { totalSteps, choices } = this.#plan;
    if (this.#engine.step >= totalSteps) return 'finished';
    if (this.#options.signal?.aborted === true) return 'interrupted';
    if (choices.seconds !== undefined && this.#seconds() >= choices.seconds) return 'out of time';
    return stopping.due ? 'stopped early' : undefined;
  }

  async #nextBatch(): Promise<{ batch: Batch; rates: Rates }> {
    return { batch: await this.#batches.next(), rates: ratesAt(this.#plan, this.#engine.step) };
  }

  /** Shows the step that is about to be done to those who want to see its inside. */
  async #inspect(batch: Batch, rates: Rates): Promise<void> {
    const { step } = this.#engine;
    const curious = this.#observers.filter((observer) => observer.inspects(step));
    if (curious.length === 0) return;
    const inspection = await this.#engine.inspect(batch);
    const state = this.#engine.snapshot();
    for (const observer of curious) observer.inspected({ step, batch, rates, state, inspection });
  }

  async #step(batch: Batch, rates: Rates): Promise<Losses> {
    const { step } = this.#engine;
    await this.#tellSettled(rates);
    const [losses] = await this.#engine.run([batch], [rates]);
    if (!this.#deviceTold) await this.#tellDevice();
    const { total } = losses!;
    if (!Number.isFinite(total)) throw diverged(`Model diverged with loss = ${total}`, step);
    return losses!;
  }

  async #tellSettled({ settled = [] }: Rates): Promise<void> {
    if (sameLayers(settled, this.#settled)) return;
    this.#settled = settled;
    await this.#tell(`from step ${this.#engine.step + 1} on these layers stand still: ${settled.join(', ')}`);
  }

  async #tellDevice(): Promise<void> {
    this.#deviceTold = true;
    const { engine, provider, failed } = this.#engine.device!;
    const tried = failed.map((failure) => ` (${failure.provider}: ${failure.reason})`).join('');
    await this.#tell(`${engine} engine on ${provider}${tried}`);
    await this.#report({ kind: 'device', device: this.#engine.device! });
  }

  async #reportStep(losses: Losses, rates: Rates, pace: Pace): Promise<void> {
    const { totalSteps, choices } = this.#plan;
    const examplesPerSecond = choices.batch / pace.reading.secondsPerBatch;
    const { step } = this.#engine;
    await this.#report({
      kind: 'step',
      step,
      totalSteps,
      loss: losses.total,
      losses,
      rates,
      examplesPerSecond,
    });
  }

  async #logStep({ total: loss, crossEntropy }: Losses, { learningRate }: Rates, pace: Pace): Promise<void> {
    const { secondsPerBatch, waited } = pace.reading;
    const { choices } = this.#plan;
    const step = this.#engine.step;
    const examplesPerSecond = choices.batch / secondsPerBatch;
    const text = formatStep({ time: now(), step: step - 1, loss, examplesPerSecond, secondsPerBatch });
    this.#run.log(text);
    await this.#report({ kind: 'logged', text });
    this.#metrics.append({
      step,
      epoch: (step * choices.batch) / this.#plan.split.count,
      seconds: this.#seconds(),
      learning_rate: learningRate,
      loss,
      cross_entropy: crossEntropy,
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
    const batches = this.#validationBatches;
    const measure = (weights: WeightSet) => validate(this.#engine, weights, batches, dataset.labels);
    const answers = { ema: await measure('ema'), raw: await measure('raw') };
    const precision = { ema: answers.ema.result.precisionAt1, raw: answers.raw.result.precisionAt1 };
    const { step } = this.#engine;
    await this.#tell(
      `${formatTime(now())}: step ${step}, validation precision @ 1 = ${precision.ema.toFixed(3)} (raw weights ${precision.raw.toFixed(3)})`,
    );
    await this.#report({ kind: 'validated', step, precision, answers });
    this.#metrics.append({
      step,
      epoch: (step * this.#plan.choices.batch) / this.#plan.split.count,
      seconds: this.#seconds(),
      validation_ema: precision.ema,
      validation_raw: precision.raw,
      validation_loss_ema: answers.ema.loss,
      validation_loss_raw: answers.raw.loss,
    });
    return precision;
  }

  async #save(shelf: CheckpointShelf, validation: Precision | null): Promise<Saved> {
    const state = this.#engine.snapshot();
    if (!allFinite(state)) throw diverged('Model diverged with weights that are not finite', state.step);
    const checkpoint: Checkpoint = { metadata: metadataAt(this.#plan, state.step, validation), state };
    const path = await shelf.save(checkpoint, this.#options.keep ?? 'last');
    this.#saved = { path, step: state.step, validation };
    await this.#report({ kind: 'saved', step: state.step, path, state });
    return this.#saved;
  }

  /** Keeps what a run that fails has done: an engine's state is always that of its last whole step. */
  async #saveAfter(error: unknown, shelf: CheckpointShelf): Promise<void> {
    const { step } = this.#engine;
    if (error instanceof KilnError && error.code === 'TRAINING_DIVERGED') return;
    try {
      if (step > (this.#saved?.step ?? 0)) await this.#save(shelf, null);
      this.#run.log(`ended by an error at step ${step}: ${String(error)}`);
    } catch {
      // A full disk, say: the error that ended the run is the one to tell.
    }
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#start) / 1000;
  }

  async #tell(text: string): Promise<void> {
    this.#run.log(text);
    await this.#report({ kind: 'message', text });
  }

  async #report(event: TrainEvent): Promise<void> {
    this.#options.onEvent?.(event);
    for (const observer of this.#observers) await observer.report(event);
  }
}
