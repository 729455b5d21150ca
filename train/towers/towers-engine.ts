import type { Differentiated } from '../differentiator.js';
import type {
  EngineDevice,
  Inspection,
  Losses,
  Rates,
  StateTensors,
  TrainingBatch,
  TrainingEngine,
  TrainingState,
  WeightSet,
} from '../engine.js';
import { sameLayers } from '../freezing.js';
import { weightsOf } from '../state.js';
import { meanLosses, meanTensors } from './mean.js';
import { describePlaces, type Place } from './places.js';
import type { Answer, Question, TowerProgram } from './protocol.js';
import { sharesOf } from './shares.js';
import { Tower } from './tower.js';

export interface TowersOptions {
  /** Keeps the weights, updates them and evaluates; it differentiates nothing. */
  readonly host: TrainingEngine;
  /** Names of the network's parameters. */
  readonly parameters: readonly string[];
  /** Of one share of a batch, while these layers stand still. */
  readonly programFor: (settled: readonly string[]) => TowerProgram;
  /** One a tower. */
  readonly places: readonly Place[];
  /** Told once how the towers are placed. */
  readonly tell?: ((text: string) => void) | undefined;
}

/**
 * Synchronous data parallelism as in TensorFlow's tutorial (cifar10_multi_gpu_train.py): the weights are on the host;
 * each tower differentiates its share of the batch; the mean of their gradients makes one update. The processes start
 * with the first step.
 */
export class TowersEngine implements TrainingEngine {
  readonly #options: TowersOptions;
  readonly #host: TrainingEngine;
  #towers: readonly Tower[] | undefined;
  #settled: readonly string[] = [];
  #device: EngineDevice | undefined;

  constructor(options: TowersOptions) {
    this.#options = options;
    this.#host = options.host;
  }

  get device(): EngineDevice | undefined {
    return this.#device;
  }

  get step(): number {
    return this.#host.step;
  }

  /** @throws TOWER_LOST when a tower's process ends; the state stays that of the last whole step */
  async run(batches: readonly TrainingBatch[], rates: readonly Rates[]): Promise<readonly Losses[]> {
    if (batches.length !== rates.length) {
      throw new RangeError(`${batches.length} batches need as many rates, got ${rates.length}`);
    }
    const all: Losses[] = [];
    for (const [index, batch] of batches.entries()) {
      await this.#settle(rates[index]!);
      const { losses, gradients } = await this.gradients(batch);
      await this.#host.apply(gradients, rates[index]!);
      all.push(losses);
    }
    return all;
  }

  async gradients(batch: TrainingBatch): Promise<Differentiated> {
    return mean(await this.#ask(batch, () => 'gradients'));
  }

  /** Activations are those of the first tower's share. */
  async inspect(batch: TrainingBatch): Promise<Inspection> {
    const answers = await this.#ask(batch, (tower) => (tower === 0 ? 'inspect' : 'gradients'));
    return { ...mean(answers), activations: answers[0]!.inspection.activations };
  }

  apply(gradients: StateTensors, rates: Rates): Promise<void> {
    return this.#host.apply(gradients, rates);
  }

  evaluate(images: Float32Array, count: number, weights: WeightSet): Promise<Float32Array> {
    return this.#host.evaluate(images, count, weights);
  }

  snapshot(): TrainingState {
    return this.#host.snapshot();
  }

  restore(state: TrainingState): void {
    this.#host.restore(state);
  }

  async close(): Promise<void> {
    await this.#end();
    await this.#host.close();
  }

  /** Other layers stand still: other towers compute the rest. */
  async #settle({ settled = [] }: Rates): Promise<void> {
    if (sameLayers(settled, this.#settled)) return;
    await this.#end();
    this.#settled = settled;
  }

  async #end(): Promise<void> {
    for (const tower of this.#towers ?? []) await tower.close();
    this.#towers = undefined;
  }

  /** The answers of all towers, in their order. */
  async #ask(batch: TrainingBatch, kindOf: (tower: number) => Question['kind']): Promise<readonly Answer[]> {
    const { parameters, places, tell } = this.#options;
    this.#towers ??= this.#start();
    const weights = weightsOf(this.#host.snapshot().tensors, parameters, 'raw');
    const shares = sharesOf(batch, places.length);
    const answers = await Promise.all(
      this.#towers.map((tower, index) => tower.ask({ kind: kindOf(index), weights, batch: shares[index]! })),
    );
    if (this.#device === undefined) {
      this.#device = answers[0]!.device;
      tell?.(describePlaces(places, this.#device.provider));
    }
    return answers;
  }

  #start(): readonly Tower[] {
    const { places, programFor } = this.#options;
    const program = programFor(this.#settled);
    return places.map((place, index) => new Tower(`tower ${index} of ${places.length}`, place, program));
  }
}

function mean(answers: readonly Answer[]): Differentiated {
  const parts = answers.map(({ inspection }) => inspection);
  return {
    losses: meanLosses(parts.map(({ losses }) => losses)),
    gradients: meanTensors(parts.map(({ gradients }) => gradients)),
  };
}
