import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../../../runtime/timing.js';
import type { TrainingEngine } from '../../../train/engine.js';
import { declaredParameters } from '../../../train/parameters.js';
import { weightsOf } from '../../../train/state.js';
import { isTrained, type StepDescription } from '../../../train/step-graph.js';
import { noise } from './noise.js';
import type { PeerProcess } from './peer-process.js';
import { handOver } from './shared-state.js';

/**
 * The disagreement with PyTorch, step by step from one and the same state. Where two numbers that a maximum or a ReLU
 * compares are equal but for rounding, one gradient may go another way: that shows in the worst step and not in the
 * median.
 */
export interface Agreement {
  readonly steps: number;
  /** |loss − PyTorch's| / |PyTorch's| of the worst step. */
  readonly loss: number;
  /** ‖g − PyTorch's‖ / ‖PyTorch's‖ of the worst tensor of a step: the median over the steps, and the worst of all. */
  readonly gradient: { readonly median: number; readonly worst: number; readonly tensor: string };
}

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
  const losses: number[] = [];
  const gradients: { readonly distance: number; readonly tensor: string }[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const data = noise(description, step);
    const weights = weightsOf(engine.snapshot().tensors, names, 'raw');
    await handOver(oracle, description, { weights, data, path: join(folder, 'state.safetensors') });
    const theirs = await oracle.ask({ kind: 'differentiate', path, names: trained });
    const ours = await engine.gradients(data);
    losses.push(Math.abs(ours.losses.total / theirs.loss - 1));
    const numbers = new Float32Array(Uint8Array.from(await readFile(path)).buffer);
    let offset = 0;
    const distances = trained.map((tensor) => {
      const { data: gradient } = ours.gradients.get(tensor)!;
      const expected = numbers.subarray(offset, offset + gradient.length);
      offset += gradient.length;
      return { distance: relativeDistance(gradient, expected), tensor };
    });
    gradients.push(distances.reduce((a, b) => (b.distance > a.distance ? b : a)));
    await engine.run([data], [{ learningRate: 0.01, emaDecay: 0.999 }]);
  }
  const sorted = gradients.sort((a, b) => a.distance - b.distance);
  const { distance: worst, tensor } = sorted.at(-1)!;
  const gradient = { median: median(sorted.map(({ distance }) => distance)), worst, tensor };
  return { steps, loss: Math.max(...losses), gradient };
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
