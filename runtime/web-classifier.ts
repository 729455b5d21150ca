import type { InferenceSession, InferenceSessionFactory } from 'onnxruntime-web';
import { KilnError } from '../errors/errors.js';
import type { Classifier } from './classifier.js';
import { openModelFile } from './model-file.js';
import { type OrtModule, wrapSession } from './ort-session.js';
import { classifierOf } from './session-classifier.js';

/** onnxruntime-web as its caller imported it: the package in Node, `/ort/ort.wasm.bundle.min.mjs` on a page. */
export interface WebRuntime extends OrtModule {
  readonly InferenceSession: InferenceSessionFactory;
}

/**
 * A classifier over onnxruntime-web's WebAssembly build, in the calling thread. What concerns the whole module
 * (`env.wasm.numThreads`, `env.wasm.wasmPaths`) is its importer's to set before the first call.
 * @param digest sha256 of `bytes` where it is known; Web Crypto, which computes it, is missing on plain http pages
 * @throws MODEL_INVALID, MODEL_NOT_KILN
 */
export async function openWebClassifier(
  ort: WebRuntime,
  bytes: Uint8Array,
  digest: string,
): Promise<Classifier> {
  const file = openModelFile(bytes);
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  } catch (error) {
    throw new KilnError('MODEL_INVALID', {
      message: 'ONNX Runtime refuses the model.',
      expected: 'a graph that onnxruntime-web can run',
      received: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
  return classifierOf(file, digest, wrapSession(ort, session, 'cpu'));
}
