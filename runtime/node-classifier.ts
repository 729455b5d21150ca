import { availableParallelism } from 'node:os';
import type { Classifier, Device } from './classifier.js';
import { modelDigest } from './model-digest.js';
import { openModelFile } from './model-file.js';
import { createSession } from './onnxruntime-node.js';
import { classifierOf } from './session-classifier.js';

/** Where and how widely a classifier runs. */
export interface ClassifierOptions {
  /** Default auto. */
  readonly device?: Device;
  /** Threads of one operator. Default: the cores. */
  readonly threads?: number;
}

/**
 * A classifier in the calling thread, which each `classify` blocks for as long as it runs: right for a command
 * line, wrong for a server (worker-pool.ts).
 * @throws MODEL_INVALID, MODEL_NOT_KILN, DEVICE_UNAVAILABLE
 */
export async function loadClassifier(
  bytes: Uint8Array,
  { device = 'auto', threads = availableParallelism() }: ClassifierOptions = {},
): Promise<Classifier> {
  const file = openModelFile(bytes);
  const { height, width } = file.metadata.frame;
  const session = await createSession(bytes, {
    device,
    threads,
    tryOut: (candidate) => classifierOf(file, '', candidate).classify(new Uint8Array(height * width * 3), 1),
  });
  return classifierOf(file, modelDigest(bytes), session);
}
