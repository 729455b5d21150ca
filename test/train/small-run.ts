import { openShapes } from '../../data/shapes.js';
import type { Recipe } from '../../train/recipe.js';
import { type TrainEvent, type TrainOptions, train } from '../../train/trainer.js';
import { tinycnn } from '../fixtures/model.js';

/** A plain recipe with every moving part: momentum, decay, smoothing, averages and random input. */
export const smallRecipe: Recipe = {
  name: 'small',
  batch: 16,
  length: { steps: 12 },
  optimizer: { kind: 'momentum', momentum: 0.9, nesterov: true },
  weightDecay: 'network',
  labelSmoothing: 0.1,
  distortions: ({ height, width }) => [
    { kind: 'random-crop', height, width },
    { kind: 'random-flip' },
    { kind: 'standardise' },
  ],
  learningRate: ({ examples, totalExamples }) => 0.05 * (1 - examples / totalExamples),
  emaDecay: () => 0.9,
};

export const smallShapes = await openShapes({ train: 100, validation: 30, test: 130 });

/** Trains tinycnn for twelve steps on a hundred shapes: about two epochs. */
export function trainSmall(options: TrainOptions) {
  return train({
    network: tinycnn,
    recipe: smallRecipe,
    dataset: smallShapes,
    device: 'cpu',
    threads: 1,
    ...options,
  });
}

/** Aborts a run once a step is done. */
export function abortAfter(step: number) {
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'step' && event.step === step) controller.abort();
  };
  return { signal: controller.signal, onEvent };
}
