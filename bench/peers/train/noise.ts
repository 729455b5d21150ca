import { uniform } from '../../../data/random.js';
import type { TrainingBatch } from '../../../train/engine.js';
import type { StepDescription } from '../../../train/step-graph.js';

/** A batch of uniform noise with its label in its brightness, so that there is something to learn. */
export function noise({ network, classes, batch }: StepDescription, stream: number): TrainingBatch {
  const { channels, height, width } = network.input;
  const size = channels * height * width;
  const labels = Int32Array.from({ length: batch }, (_, i) => i % classes);
  const images = Float32Array.from({ length: batch * size }, (_, at) => {
    const label = labels[Math.floor(at / size)]!;
    return 2 * uniform(17, stream, at) - 1 + label / classes;
  });
  return { images, labels };
}
