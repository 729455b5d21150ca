import type { DatasetSplit, Examples } from '../data/dataset.js';
import { createDistorter } from '../data/distortions.js';
import type { Network } from '../networks/network.js';
import { EvaluationTally, type TimedEvaluation } from '../runtime/evaluation.js';
import { preparation } from './preparation.js';

/** Examples that go through the network at once: large enough for every core, small enough for a cache. */
export const evaluationBatch = 128;

/** Examples of a split as a network takes them when nothing is random. */
export interface PreparedBatch {
  /** float32 [labels.length, channels, height, width] */
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** The indices 0 … count − 1 in pieces: each example once, the last piece as short as it comes. */
export function* pieces(count: number, size: number = evaluationBatch): Generator<readonly number[]> {
  for (let first = 0; first < count; first += size) {
    yield Array.from({ length: Math.min(size, count - first) }, (_, index) => first + index);
  }
}

/** A split's first examples, or all of them, in the network's plain preprocessing, each once. */
export function* preparedBatches(
  split: DatasetSplit,
  network: Network,
  count: number = split.count,
): Generator<PreparedBatch> {
  const source = split.share();
  const distorter = createDistorter(preparation(network.preprocessing), source);
  const sourceSize = source.height * source.width * 3;
  const size = distorter.height * distorter.width * 3;
  for (const indices of pieces(count)) {
    const { images: pixels, labels } = split.read(indices);
    const images = new Float32Array(labels.length * size); // [B, 3, h, w]
    for (const [index, example] of indices.entries()) {
      distorter.distort(
        pixels.subarray(index * sourceSize, (index + 1) * sourceSize),
        { seed: 0, epoch: 0, example },
        images.subarray(index * size, (index + 1) * size),
      );
    }
    yield { images, labels };
  }
}

/** A split's examples as they are, each once: uint8 [labels.length, height, width, 3]. */
export function* plainBatches(split: DatasetSplit): Generator<Examples> {
  for (const indices of pieces(split.count)) yield split.read(indices);
}

/**
 * Counts each example once; the clock runs from the first batch's preparation to the last answer.
 * @param answer from images and their count to float32 [count, classes], logits or probabilities
 */
export async function evaluateBatches<Images>(
  batches: Iterable<{ readonly images: Images; readonly labels: Int32Array }>,
  labels: readonly string[],
  answer: (images: Images, count: number) => Promise<Float32Array>,
  onProgress?: (count: number) => void,
): Promise<TimedEvaluation> {
  const tally = new EvaluationTally(labels);
  const start = performance.now();
  for (const batch of batches) {
    tally.add(await answer(batch.images, batch.labels.length), batch.labels);
    onProgress?.(tally.count);
  }
  const result = tally.result();
  return { ...result, imagesPerSecond: (result.count / (performance.now() - start)) * 1000 };
}
