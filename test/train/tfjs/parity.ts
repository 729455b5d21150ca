import { createComposer } from '../../../data/composer.js';
import { openShapes } from '../../../data/shapes.js';
import type { Network } from '../../../networks/network.js';
import type { Rates, StateTensors, TrainingBatch, TrainingEngine } from '../../../train/engine.js';
import { createOnnxEngine } from '../../../train/onnx-engine.js';
import { initialState } from '../../../train/state.js';
import type { StepDescription } from '../../../train/step-graph.js';
import { openTfjsEngine } from '../../../train/tfjs/tfjs-engine.js';
import { hashed } from '../../fixtures/numbers.js';

const weightScale = 0.05;
/** Of batch statistics, which are the means and variances of activations. */
const statisticScale = 0.5;

const scaleOf = (tensor: string) => (tensor.includes('/moving_') ? statisticScale : weightScale);

/** How far two engines may be apart after one step from one state. */
export const limits = {
  /** |a − b| / |b| */
  loss: 1e-5,
  /** ‖a − b‖₂ / ‖b‖₂ of the worst gradient tensor. */
  gradients: 1e-4,
  /**
   * rms(a − b) / max(rms(b), 0.05) of the worst tensor of weights or averages. 0.05 is the scale on which the weights of
   * a layer begin: a bias that began at 0 is nothing but its updates, and cannot be nearer than the gradients are. For
   * batch statistics it is 0.5.
   */
  state: 1e-6,
} as const;

export type Differences = Readonly<Record<keyof typeof limits, number>>;

/** What of an engine is compared. */
export type Halves = Pick<TrainingEngine, 'gradients' | 'apply' | 'snapshot' | 'restore'>;

/** The worst of the steps taken, and how often a batch was moved off a kink. */
export type Comparison = Differences & { readonly nudges: number };

/**
 * Takes the same steps with two engines, each step from the state that `reference` has reached.
 *
 * Where two values of a pooling window are equal to rounding, or the input of a relu is 0, the loss has a kink, and
 * each engine gives the slope on one side of it: one such place among the million of a large batch moves conv1's
 * gradient by a thousandth. A kink is gone when the images move by a hundred-thousandth of their spread, a mistake is
 * not; so a batch whose gradients differ is moved, twenty times at most.
 */
export async function compare(
  reference: Halves,
  engine: Halves,
  batches: Iterable<TrainingBatch>,
  rates: Rates,
): Promise<Comparison> {
  const worst = { loss: 0, gradients: 0, state: 0, nudges: 0 };
  for (const given of batches) {
    engine.restore(reference.snapshot());
    let [expected, actual] = await bothGradients(reference, engine, given);
    for (
      let nudge = 1;
      nudge <= 20 && apart(actual.gradients, expected.gradients) > limits.gradients;
      nudge += 1
    ) {
      [expected, actual] = await bothGradients(reference, engine, moved(given, nudge));
      worst.nudges += 1;
    }
    await reference.apply(expected.gradients, rates);
    await engine.apply(actual.gradients, rates);
    worst.loss = Math.max(worst.loss, Math.abs(actual.losses.total / expected.losses.total - 1));
    worst.gradients = Math.max(worst.gradients, apart(actual.gradients, expected.gradients));
    worst.state = Math.max(
      worst.state,
      apart(engine.snapshot().tensors, reference.snapshot().tensors, scaleOf),
    );
  }
  return worst;
}

/** Which of the limits a comparison breaks. */
export function broken(comparison: Comparison): readonly string[] {
  return Object.entries(limits)
    .filter(([name, limit]) => !(comparison[name as keyof typeof limits] <= limit))
    .map(([name]) => name);
}

async function bothGradients(reference: Halves, engine: Halves, batch: TrainingBatch) {
  return [await reference.gradients(batch), await engine.gradients(batch)] as const;
}

/** The worst tensor's root mean square of differences, relative to that of its expected values or to its `floor`. */
export function apart(
  actual: StateTensors,
  expected: StateTensors,
  floor: (tensor: string) => number = () => 0,
): number {
  const ratios = Array.from(expected, ([name, { data }]) => {
    const difference = rms(data, actual.get(name)!.data);
    return difference === 0 ? 0 : difference / Math.max(rms(data), floor(name));
  });
  return Math.max(...ratios); // NaN stays
}

/** Root mean square of a − b, or of a. */
function rms(a: Float32Array, b?: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index]! - (b?.[index] ?? 0)) ** 2;
  return Math.sqrt(sum / a.length);
}

function moved({ images, labels }: TrainingBatch, salt: number): TrainingBatch {
  const noise = hashed([images.length], salt, 1e-5);
  return { images: images.map((value, index) => value + noise[index]!), labels };
}

export interface Setting {
  readonly network: Network;
  readonly batch: number;
  readonly optimizer?: StepDescription['optimizer'];
}

/** An engine of each kind for the same network and with the same state, and batches of shapes for them. */
export async function openBoth({ network, batch, optimizer = { kind: 'sgd' } }: Setting) {
  const shapes = await openShapes({ train: 4 * batch, validation: 1, test: 1 });
  const classes = shapes.labels.length;
  const description = {
    network,
    classes,
    batch,
    optimizer,
    weightDecay: 'network',
    labelSmoothing: 0.1,
  } as const;
  const compose = createComposer({
    examples: shapes.split('train').share(),
    batch,
    seed: 0,
    distortions: [
      { kind: 'random-crop', height: network.input.height, width: network.input.width },
      { kind: 'random-flip' },
      { kind: 'standardise' },
    ],
    shuffling: { kind: 'whole-epoch' },
  });
  const options = {
    description,
    state: initialState(network, classes, optimizer, 0, () => compose(0).images),
    device: 'cpu',
  } as const;
  return {
    onnx: createOnnxEngine(options),
    tfjs: await openTfjsEngine(options),
    batches: (count: number): readonly TrainingBatch[] =>
      Array.from({ length: count }, (_, step) => compose(step)),
  };
}
