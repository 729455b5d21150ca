import { normalisation } from '../preparation.js';
import { type Recipe, warmedUpDecay } from '../recipe.js';

const peak = 0.03;
const warmUp = 0.2;

/** Orthogonalised momentum and a triangular rate: takes deepcnn past 86 % in 50 epochs (docs/training.md). */
export const fast: Recipe = {
  name: 'fast',
  batch: 512,
  length: { epochs: 50 },
  optimizer: { kind: 'muon', momentum: 0.9, matrixRate: 1, matrixDecay: 0.2, excluded: 'last' },
  weightDecay: 0,
  labelSmoothing: 0.1,
  distortions: ({ height, width }, preprocessing) => [
    { kind: 'random-crop', height, width },
    { kind: 'random-flip' },
    normalisation(preprocessing),
  ],
  /** Up from 0 over the first fifth of the run, then down to 0, by examples seen. */
  learningRate({ examples, totalExamples }) {
    const progress = examples / totalExamples;
    return peak * (progress < warmUp ? progress / warmUp : (1 - progress) / (1 - warmUp));
  },
  emaDecay: (position) => warmedUpDecay(0.995, position),
};
