import { createDistorter } from '../data/distortions.js';
import { KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import type { Classifier } from '../runtime/classifier.js';
import { loadClassifier } from '../runtime/node-classifier.js';
import { createSession } from '../runtime/onnxruntime-node.js';
import { loadWebClassifier } from '../runtime/onnxruntime-web.js';
import type { StateTensors } from '../train/engine.js';
import { ForwardPass } from '../train/forward-pass.js';
import { preparation } from '../train/preparation.js';
import type { Frame } from './inference-graph.js';
import { pictureViews } from './picture-views.js';
import { viewWeights } from './views.js';

/** Largest difference of one probability that float32 arithmetic in another order explains. */
export const parityTolerance = 1e-5;

/** What the weights compute where they were trained: picture in JavaScript, network in the trainer's graph. */
export interface Reference {
  readonly network: Network;
  readonly classes: number;
  /** The weights that are in the file, under the names of the network's parameters. */
  readonly weights: StateTensors;
  /** Whether answers are averaged over the views of a picture (views.ts). */
  readonly averaged?: boolean;
}

/** uint8 RGB, [count, frame.height, frame.width, 3] */
export interface Pictures {
  readonly images: Uint8Array;
  readonly count: number;
}

/** The largest differences found, all at most `parityTolerance`. */
export interface ParityReport {
  readonly pictures: number;
  /** The file in onnxruntime-node against the trainer's forward pass. */
  readonly trainer: number;
  /** The file in onnxruntime-web's WebAssembly build against the file in onnxruntime-node. */
  readonly web: number;
}

/**
 * Reloads a finished file in both runtimes and compares what it says with the trainer's own forward pass.
 *
 * @throws EXPORT_PARITY naming the runtime, the picture and the class of the largest difference;
 *   MODEL_INVALID where a runtime refuses the file
 */
export async function checkParity(
  file: Uint8Array,
  reference: Reference,
  pictures: Pictures,
): Promise<ParityReport> {
  const node = await loadClassifier(file, { device: 'cpu', threads: 1 });
  const frame = node.metadata.frame;
  const answers = await classifyAndClose(node, pictures);
  const trained = await trainerProbabilities(reference, pictures, frame);
  const trainer = requireEqual('onnxruntime-node', 'the trainer', answers, trained, reference.classes);
  const inBrowser = await classifyAndClose(await loadWebClassifier(file), pictures);
  const web = requireEqual('onnxruntime-web', 'onnxruntime-node', inBrowser, answers, reference.classes);
  return { pictures: pictures.count, trainer, web };
}

/**
 * Compares what a finished file says in WebAssembly with what it says in onnxruntime-node.
 * @returns the largest difference of one probability
 * @throws EXPORT_PARITY where it is above the tolerance
 */
export async function checkRuntimes(
  file: Uint8Array,
  pictures: Pictures,
  tolerance: number,
): Promise<number> {
  const node = await loadClassifier(file, { device: 'cpu', threads: 1 });
  const classes = node.metadata.labels.length;
  const answers = await classifyAndClose(node, pictures);
  const inBrowser = await classifyAndClose(await loadWebClassifier(file), pictures);
  return requireEqual('onnxruntime-web', 'onnxruntime-node', inBrowser, answers, classes, tolerance);
}

async function classifyAndClose(classifier: Classifier, { images, count }: Pictures): Promise<Float32Array> {
  try {
    return await classifier.classify(images, count);
  } finally {
    await classifier.close();
  }
}

/** float32 [count, classes] */
async function trainerProbabilities(
  { network, classes, weights, averaged = false }: Reference,
  pictures: Pictures,
  frame: Frame,
): Promise<Float32Array> {
  const forward = new ForwardPass(network, classes, (graph) =>
    createSession(graph, { device: 'cpu', threads: 1 }),
  );
  try {
    const prepared = preprocess(network, pictures, frame);
    const views = averaged ? pictureViews(prepared, network.input) : [prepared];
    const logits = new Float32Array(pictures.count * classes);
    for (const [view, images] of views.entries()) {
      const answer = await forward.run(weights, images, pictures.count);
      const share = averaged ? viewWeights[view]! : 1;
      for (const [index, logit] of answer.entries()) logits[index]! += share * logit;
    }
    return softmax(logits, classes);
  } finally {
    await forward.close();
  }
}

/** As evaluation during training prepares them: uint8 [count, H, W, 3] → float32 [count, 3, height, width]. */
function preprocess({ preprocessing }: Network, { images, count }: Pictures, frame: Frame): Float32Array {
  const { crop } = preprocessing;
  const distorter = createDistorter(preparation(preprocessing), frame);
  const bytes = frame.height * frame.width * 3;
  const size = 3 * crop.height * crop.width;
  const prepared = new Float32Array(count * size);
  for (let example = 0; example < count; example += 1) {
    distorter.distort(
      images.subarray(example * bytes, (example + 1) * bytes),
      { seed: 0, epoch: 0, example },
      prepared.subarray(example * size, (example + 1) * size),
    );
  }
  return prepared;
}

/** Row by row, in float64. */
function softmax(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += classes) {
    const row = logits.subarray(begin, begin + classes);
    const highest = Math.max(...row);
    const powers = Array.from(row, (logit) => Math.exp(logit - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [index, power] of powers.entries()) probabilities[begin + index] = power / sum;
  }
  return probabilities;
}

function requireEqual(
  runtime: string,
  against: string,
  actual: Float32Array,
  expected: Float32Array,
  classes: number,
  tolerance = parityTolerance,
): number {
  let largest = 0;
  let place = 0;
  for (const [index, value] of actual.entries()) {
    // A NaN is no number's equal, and must not hide behind a comparison.
    const difference = Math.abs(value - expected[index]!);
    if (difference <= largest) continue;
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    place = index;
  }
  if (largest <= tolerance) return largest;
  throw new KilnError('EXPORT_PARITY', {
    expected: `probabilities of ${against} within ${tolerance}`,
    received: `${runtime} gives ${actual[place]} for class ${place % classes} of picture ${Math.floor(place / classes)}, ${against} ${expected[place]}`,
  });
}
