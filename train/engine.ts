import type { Batch } from '../data/composer.js';

/** Which of the two sets of weights answers: those of the last step, or their moving average. */
export const weightSets = ['ema', 'raw'] as const;
export type WeightSet = (typeof weightSets)[number];

/** A float32 tensor of the training state. Nobody writes into `data` once it is here. */
export interface StateTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export type StateTensors = ReadonlyMap<string, StateTensor>;

/**
 * All that the next step depends on beside its batch and rates: `conv1/weights`,
 * `conv1/weights/ExponentialMovingAverage`, `conv1/weights/Momentum` …
 */
export interface TrainingState {
  /** Steps done so far. */
  readonly step: number;
  readonly tensors: StateTensors;
}

/** What a step is fed: images float32 [batch, 3, height, width], labels int32 [batch]. */
export type TrainingBatch = Pick<Batch, 'images' | 'labels'>;

/** What a recipe sets anew for each step. */
export interface Rates {
  readonly learningRate: number;
  /** Share of the moving averages that stays, in [0, 1]. */
  readonly emaDecay: number;
  /** Layers that stand still, and whose gradients are not computed. Default none. */
  readonly settled?: readonly string[];
}

export interface Losses {
  /** Mean cross-entropy over the batch and weight decay. */
  readonly total: number;
  readonly crossEntropy: number;
}

/** The inside of a step. */
export interface Inspection {
  readonly losses: Losses;
  /** Named as their parameters. */
  readonly gradients: StateTensors;
  /** By layer: `conv1` [batch, 64, 24, 24] … */
  readonly activations: StateTensors;
}

/** Something that was to compute and did not, with the reason that it gave. */
export interface FailedDevice {
  readonly provider: string;
  readonly reason: string;
}

/** What really runs the graphs. */
export interface EngineDevice {
  readonly engine: string;
  readonly provider: string;
  /** What was tried before it, in vain. */
  readonly failed: readonly FailedDevice[];
}

/**
 * The arithmetic of training behind one contract. An engine owns a state, which begins as the one it was made with;
 * every loss is that of the weights before the step.
 */
export interface TrainingEngine {
  /** Undefined, it may be, until the first run has loaded a graph. */
  readonly device: EngineDevice | undefined;
  /** Steps done so far. */
  readonly step: number;
  /** One step a batch, in order, each with its own rates. */
  run(batches: readonly TrainingBatch[], rates: readonly Rates[]): Promise<readonly Losses[]>;
  /**
   * The first half of a step; the state stays. Gradients are named as their parameters; there are none of layers that
   * stood still in the last step.
   */
  gradients(batch: TrainingBatch): Promise<Omit<Inspection, 'activations'>>;
  /** `gradients`, and what every layer answers on the way; the state stays. */
  inspect(batch: TrainingBatch): Promise<Inspection>;
  /** The second half of a step: moves weights, momenta and averages, and counts the step. Gradients of what is settled
   * are not needed. */
  apply(gradients: StateTensors, rates: Rates): Promise<void>;
  /**
   * @param images float32 [count, channels, height, width], preprocessed
   * @returns logits, float32 [count, classes]
   */
  evaluate(images: Float32Array, count: number, weights: WeightSet): Promise<Float32Array>;
  /** The state as it is now, without a copy; later steps leave it alone. */
  snapshot(): TrainingState;
  /** @throws CHECKPOINT_MISMATCH where a tensor is missing, unknown or of another shape */
  restore(state: TrainingState): void;
  /** Frees the sessions; to be called once, after the last call has ended. */
  close(): Promise<void>;
}
