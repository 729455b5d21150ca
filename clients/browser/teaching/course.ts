import { permutation } from '../../../data/random.js';
import { KilnError } from '../../../errors/errors.js';
import { EvaluationTally } from '../../../runtime/evaluation.js';
import type { TrainingEngine } from '../../../train/engine.js';
import type { HeldOut, TeachingProgress } from './teacher.js';

/** Examples to learn from. */
export interface Material {
  /** [count] */
  readonly labels: Int32Array;
  /** float32 [rows.length, …] as the engine's network takes them. */
  read(rows: Uint32Array, epoch: number): Float32Array<ArrayBuffer>;
}

/** Examples that were held out. */
export interface Exam {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

export interface Course {
  readonly material: Material;
  readonly exam: Exam;
  /** Examples a step. */
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
  /** Of the first step; it falls to 0 in a straight line. */
  readonly learningRate: number;
  readonly labels: readonly string[];
  /** Called between two runs: lets others have their turn, and throws where nobody waits for the result any more. */
  readonly pause: () => Promise<void>;
  readonly onEpoch: (progress: Omit<TeachingProgress, 'seconds'>) => void;
}

/**
 * Shuffled epochs, the rest that fills no batch left out each time.
 * @returns steps
 * @throws TRAINING_DIVERGED, what `pause` throws
 */
export async function follow(engine: TrainingEngine, course: Course): Promise<number> {
  const { material, batch, epochs } = course;
  const stepsPerEpoch = Math.floor(material.labels.length / batch);
  const steps = stepsPerEpoch * epochs;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = permutation(course.seed, epoch, material.labels.length);
    let sum = 0;
    for (let begin = 0; begin + batch <= order.length; begin += batch) {
      const rows = order.subarray(begin, begin + batch);
      const learningRate = course.learningRate * (1 - engine.step / steps);
      const images = material.read(rows, epoch);
      const labels = Int32Array.from(rows, (row) => material.labels[row]!);
      const [losses] = await engine.run([{ images, labels }], [{ learningRate, emaDecay: 0 }]);
      sum += finite(losses!.crossEntropy, engine.step);
      await course.pause();
    }
    const heldOut = await examine(engine, course);
    course.onEpoch({ epoch: epoch + 1, epochs, loss: sum / stepsPerEpoch, heldOut });
  }
  return steps;
}

async function examine(engine: TrainingEngine, { exam, labels }: Course): Promise<HeldOut> {
  const count = exam.labels.length;
  if (count === 0) return { correct: 0, count };
  const tally = new EvaluationTally(labels);
  tally.add(await engine.evaluate(exam.images, count, 'raw'), exam.labels);
  return { correct: Math.round(tally.result().precisionAt1 * count), count };
}

function finite(loss: number, step: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new KilnError('TRAINING_DIVERGED', {
    expected: 'a finite loss',
    received: `${loss} at step ${step}`,
  });
}
