import type { InferenceSessionFactory } from 'onnxruntime-web';
import { KilnError } from '../errors/errors.js';
import type { Classifier } from './classifier.js';
import type { ModelFile } from './model-file.js';
import { type OrtModule, wrapSession } from './ort-session.js';
import type { Session } from './session.js';
import { classifierOf } from './session-classifier.js';

/** onnxruntime-web as its caller imported it: the package in Node, one of its scripts on a page. */
export interface WebRuntime extends OrtModule {
  readonly InferenceSession: InferenceSessionFactory;
}

export interface WebClassifierOptions {
  /** sha256 (hex) of the file. */
  readonly digest: string;
  readonly provider: 'wasm' | 'webgpu';
}

/**
 * A classifier over onnxruntime-web, in the calling thread. What concerns the whole module (`env.wasm.numThreads`,
 * `env.wasm.wasmPaths`) is its importer's to set before the first call.
 *
 * @throws KilnError MODEL_INVALID; ONNX Runtime's own error where its WebAssembly cannot be fetched, compiled or started
 */
export async function openWebClassifier(
  ort: WebRuntime,
  file: ModelFile,
  { digest, provider }: WebClassifierOptions,
): Promise<Classifier> {
  return classifierOf(file, digest, await openWebSession(ort, file.bytes, provider));
}

/** Any graph in onnxruntime-web. @throws as `openWebClassifier` */
export async function openWebSession(
  ort: WebRuntime,
  bytes: Uint8Array,
  provider: WebClassifierOptions['provider'],
): Promise<Session> {
  try {
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      logSeverityLevel: 3, // errors: on WebGPU it would warn of every shape that is computed on the processor
    });
    return wrapSession(ort, session, provider === 'wasm' ? 'cpu' : provider);
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error);
    if (received.startsWith('no available backend found')) throw error; // nothing is known of the model yet
    throw new KilnError('MODEL_INVALID', {
      message: 'ONNX Runtime refuses the model.',
      expected: 'a graph that onnxruntime-web can run',
      received,
      cause: error,
    });
  }
}
