import { availableParallelism } from 'node:os';
import type { DatasetSplit } from '../data/dataset.js';
import type { EvaluationResult } from '../runtime/evaluation.js';
import { loadClassifier } from '../runtime/node-classifier.js';
import { evaluateBatches, plainBatches } from '../train/evaluate.js';

/** What a finished file answers on a split, each picture once: bytes in, as its users will feed it. */
export async function measureFile(file: Uint8Array, split: DatasetSplit): Promise<EvaluationResult> {
  const classifier = await loadClassifier(file, { device: 'auto', threads: availableParallelism() });
  try {
    return await evaluateBatches(plainBatches(split), classifier.metadata.labels, (images, count) =>
      classifier.classify(images, count),
    );
  } finally {
    await classifier.close();
  }
}
