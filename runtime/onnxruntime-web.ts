import * as ort from 'onnxruntime-web';
import type { Classifier } from './classifier.js';
import { modelDigest } from './model-digest.js';
import { openModelFile } from './model-file.js';
import { openWebClassifier } from './web-classifier.js';

/**
 * onnxruntime-web's WebAssembly build inside Node, on one thread: not a way to serve (about 8 times slower than
 * the native runtime), but how an export proves that browsers will compute the same.
 * @throws MODEL_INVALID, MODEL_NOT_KILN
 */
export async function loadWebClassifier(bytes: Uint8Array): Promise<Classifier> {
  ort.env.wasm.numThreads = 1;
  return openWebClassifier(ort, openModelFile(bytes), { digest: modelDigest(bytes), provider: 'wasm' });
}
