import { normalisation } from '../preparation.js';
import type { Recipe } from '../recipe.js';

const batch = 500;
/** The source adds the losses of a batch up; here they are averaged. */
const ofSums = batch;
const decay = 2e-6 * batch;

/**
 * For speednet: orthogonalised momentum after Jordan's cifar10-airbench (airbench94_muon), for ten epochs instead of its
 * eight: as many as two CPU cores do in half an hour. Its batch of 2,000 takes more than 24 GB here; with a quarter of
 * it, rates of vectors shrink with the batch and that of the orthogonalised matrices, whose steps have one length, with
 * its root. The whitening biases, which the source trains in the first three epochs only, are trained throughout.
 */
export const speedrun: Recipe = {
  name: 'speedrun',
  batch,
  length: { epochs: 10 },
  optimizer: {
    kind: 'muon',
    momentum: 0.6,
    matrixRate: 0.24 * Math.sqrt(batch / 2000),
    matrixDecay: 'normalise',
    excluded: 'last',
    vectors: { momentum: 0.85, rate: 0.053 * ofSums, decay },
    last: { momentum: 0.85, rate: 0.67 * ofSums, decay },
  },
  weightDecay: 0,
  labelSmoothing: 0.2,
  distortions: ({ height, width }, preprocessing) => [
    { kind: 'alternating-flip' },
    { kind: 'reflect-pad', by: 2 },
    { kind: 'random-crop', height, width },
    normalisation(preprocessing),
  ],
  /** Down to 0, by examples seen. */
  learningRate: ({ examples, totalExamples }) => 1 - examples / totalExamples,
  /** The rate ends at 0, and the weights with it: an average of the last few steps changes little. */
  emaDecay: () => 0,
};
