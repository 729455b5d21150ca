import type { Distortions } from '../data/distortions.js';
import type { Network, Preprocessing } from '../networks/network.js';
import type { Freezing } from './freezing.js';
import type { Optimizer } from './optimizers.js';
import { declaredParameters } from './parameters.js';
import type { StepDescription } from './step-graph.js';

/** Where a run stands before a step. Rates that follow `examples / totalExamples` do not bend with the batch. */
export interface Position {
  /** Steps done so far: 0 before the first. */
  readonly step: number;
  readonly totalSteps: number;
  readonly batch: number;
  /** Examples seen so far, repeated ones included. */
  readonly examples: number;
  readonly totalExamples: number;
}

type Muon = Extract<Optimizer, { kind: 'muon' }>;

/** An optimizer as a recipe writes it: `last` is the last matrix that the network declares, whatever its name. */
export type RecipeOptimizer =
  | Exclude<Optimizer, Muon>
  | (Omit<Muon, 'excluded'> & { readonly excluded: 'last' | readonly string[] });

/** All that is chosen about a training run, in one small file (recipes/). */
export interface Recipe {
  readonly name: string;
  /** Examples a step. */
  readonly batch: number;
  readonly length: { readonly epochs: number } | { readonly steps: number };
  readonly optimizer: RecipeOptimizer;
  readonly weightDecay: StepDescription['weightDecay'];
  /** In [0, 1). */
  readonly labelSmoothing: number;
  /**
   * What happens to a picture on its way into the network; it ends at the network's size, and with its normalisation
   * (`normalisation` in preparation.ts) unless the recipe insists on another.
   */
  distortions(input: Network['input'], preprocessing: Preprocessing): Distortions;
  learningRate(position: Position): number;
  /** Share of the moving averages that stays at this step, in [0, 1]. */
  emaDecay(position: Position): number;
  /** What stands still from when on. Default: nothing does. */
  readonly freezing?: readonly Freezing[];
  /** Printed before the first step. */
  readonly announcement?: string;
}

/** The optimizer with names in place of `last`. */
export function resolveOptimizer(optimizer: RecipeOptimizer, network: Network, classes: number): Optimizer {
  if (optimizer.kind !== 'muon') return optimizer;
  const { excluded, ...rest } = optimizer;
  if (excluded !== 'last') return { ...rest, excluded };
  const matrices = [...declaredParameters(network, classes).values()].filter(({ rank }) => rank >= 2);
  return { ...rest, excluded: matrices.slice(-1).map(({ name }) => name) };
}

/**
 * TensorFlow's ExponentialMovingAverage(limit, num_updates=global_step): young averages follow the weights closely.
 * The original updates them after the gradients are applied, so num_updates already counts this step.
 */
export function warmedUpDecay(limit: number, { step }: Position): number {
  const updates = step + 1;
  return Math.min(limit, (1 + updates) / (10 + updates));
}
