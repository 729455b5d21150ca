import { tutorialDistortions } from '../../data/distortions.js';
import { type Recipe, warmedUpDecay } from '../recipe.js';

const examplesPerEpoch = 50_000;
const epochsPerDecay = 350;
const decayFactor = 0.1;
const initialLearningRate = 0.1;

/** TensorFlow's CIFAR-10 tutorial, constant for constant (tensorflow/models, tutorials/image/cifar10/cifar10.py). */
export const tutorial: Recipe = {
  name: 'tutorial',
  batch: 128,
  length: { steps: 1_000_000 },
  optimizer: { kind: 'sgd' },
  weightDecay: 'network',
  labelSmoothing: 0,
  distortions: ({ height, width }) =>
    tutorialDistortions.map((step) => (step.kind === 'random-crop' ? { ...step, height, width } : step)),
  // A staircase: with batch 128 the first drop comes at step 136,718.
  learningRate({ step, batch }) {
    const decaySteps = Math.floor((examplesPerEpoch / batch) * epochsPerDecay);
    return initialLearningRate * decayFactor ** Math.floor(step / decaySteps);
  },
  emaDecay: (position) => warmedUpDecay(0.9999, position),
  announcement:
    'Filling queue with 20000 CIFAR images before starting to train. This will take a few minutes.',
};
