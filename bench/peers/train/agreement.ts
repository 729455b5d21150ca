import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uniform } from '../../../data/random.js';
import { median } from '../../../runtime/timing.js';
import type { TrainingBatch, TrainingEngine } from '../../../train/engine.js';
import { declaredParameters } from '../../../train/parameters.js';
import { weightsOf } from '../../../train/state.js';
import { isTrained, type StepDescription } from '../../../train/step-graph.js';
import { noise } from './noise.js';
import type { PeerProcess } from './peer-process.js';
import { handOver } from './shared-state.js';

/**
 * The disagreement with PyTorch, step by step from one and the same state. Where two numbers that a maximum or a ReLU
 * compares are equal but for rounding, one gradient may go another way, and both are right. Such a place is gone when
 * the pictures move a little, a mistake is not: a step whose gradients are apart is compared again with pictures moved
 * by up to a hundred-thousandth, twenty times at most.
 */
export interface Agreement {
  readonly steps: number;
  /** |loss − PyTorch's| / |PyTorch's| of the worst step. */
  readonly loss: number;
  /** ‖g − PyTorch's‖ / ‖PyTorch's‖ of the worst tensor of a step: the median over the steps, and the worst of all. */
  readonly gradient: { readonly median: number; readonly worst: number; readonly tensor: string };
  /** How often pictures were moved, all steps together. */
  readonly moves: number;
}

/** As near as the gradients of a step must be not to be compared again. */
const nearEnough = 1e-4;
const mostMoves = 20;

export interface AgreementOptions {
  readonly description: StepDescription;
  readonly steps: number;
  /** For what the processes hand each other. */
  readonly folder: string;
}

/** Compares losses and gradients at every step that the engine takes. */
export async function measureAgreement(
  engine: TrainingEngine,
  oracle: PeerProcess,
  { description, steps, folder }: AgreementOptions,
): Promise<Agreement> {
  const declared = [...declaredParameters(description.network, description.classes).values()];
  const names = declared.map(({ name }) => name);
  const trained = declared.filter(isTrained).map(({ name }) => name);
  const path = join(folder, 'gradients.bin');

  /** Of one batch, how far the losses are apart, and the gradients of the worst tensor. */
  async function compareAt(data: TrainingBatch) {
    const weights = weightsOf(engine.snapshot().tensors, names, 'raw');
    await handOver(oracle, description, { weights, data, path: join(folder, 'state.safetensors') });
    const theirs = await oracle.ask({ kind: 'differentiate', path, names: trained });
    const ours = await engine.gradients(data);
    const numbers = new Float32Array(Uint8Array.from(await readFile(path)).buffer);
    let offset = 0;
    const distances = trained.map((tensor) => {
      const { data: gradient } = ours.gradients.get(tensor)!;
      const expected = numbers.subarray(offset, offset + gradient.length);
      offset += gradient.length;
      return { distance: relativeDistance(gradient, expected), tensor };
    });
    const worst = distances.reduce((a, b) => (b.distance > a.distance ? b : a));
    return { loss: Math.abs(ours.losses.total / theirs.loss - 1), ...worst };
  }

  const found: Awaited<ReturnType<typeof compareAt>>[] = [];
  let moves = 0;
  for (let step = 1; step <= steps; step += 1) {
    const data = noise(description, step);
    let nearest = await compareAt(data);
    for (let move = 1; move <= mostMoves && nearest.distance > nearEnough; move += 1) {
      const again = await compareAt(moved(data, step, move));
      if (again.distance < nearest.distance) nearest = again;
      moves += 1;
    }
    found.push(nearest);
    await engine.run([data], [{ learningRate: 0.01, emaDecay: 0.999 }]);
  }
  const sorted = found.sort((a, b) => a.distance - b.distance);
  const { distance: worst, tensor } = sorted.at(-1)!;
  const gradient = { median: median(sorted.map(({ distance }) => distance)), worst, tensor };
  return { steps, loss: Math.max(...found.map(({ loss }) => loss)), gradient, moves };
}

function moved({ images, labels }: TrainingBatch, step: number, move: number): TrainingBatch {
  return { images: images.map((value, at) => value + 1e-5 * (2 * uniform(move, step, at) - 1)), labels };
}

/** ‖a − b‖ / ‖b‖ */
function relativeDistance(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  for (const [index, value] of b.entries()) {
    difference += (a[index]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}
