import type * as OrtWeb from 'onnxruntime-web';
import { KilnError } from '../../errors/errors.js';
import type { Classifier } from '../../runtime/classifier.js';
import { type ModelFile, openModelFile } from '../../runtime/model-file.js';
import { wrapSession } from '../../runtime/ort-session.js';
import { classifierOf } from '../../runtime/session-classifier.js';
import type { CachedModel } from './model-cache.js';
import { ClassifierError } from './problem.js';
import type { BrowserDevice, BrowserProvider, FailedBrowserProvider } from './worker-messages.js';

/** Threads are started while the session is made; where a policy forbids them nothing else would end the wait. */
const initTimeoutMs = 30_000;

/** ONNX Runtime's build for each provider. The one with WebGPU is larger, and slower on WebAssembly. */
const builds = {
  webgpu: 'ort.webgpu.bundle.min.mjs',
  wasm: 'ort.wasm.bundle.min.mjs',
} as const satisfies Record<BrowserProvider, string>;

export interface ProviderOptions {
  readonly device: BrowserDevice;
  readonly threads: number;
  /** Folder of ONNX Runtime's files; ends with a slash. */
  readonly runtimeUrl: string;
}

export interface OpenedModel {
  readonly classifier: Classifier;
  readonly provider: BrowserProvider;
  readonly failed: readonly FailedBrowserProvider[];
  readonly threads: number;
}

/**
 * A classifier that has classified once: what a browser says of its WebGPU is not believed until a run has ended.
 *
 * @throws KilnError MODEL_INVALID, MODEL_NOT_KILN, DEVICE_UNAVAILABLE; ClassifierError RUNTIME_FAILED
 */
export async function openModel(model: CachedModel, options: ProviderOptions): Promise<OpenedModel> {
  const { device } = options;
  const file = openModelFile(model.bytes);
  if (device === 'wasm') return { ...(await openOn('wasm', file, model.digest, options)), failed: [] };
  try {
    const missing = await missingWebGpu(device);
    if (missing !== undefined) throw new Error(missing);
    return { ...(await openOn('webgpu', file, model.digest, options)), failed: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (device === 'webgpu') {
      throw new KilnError('DEVICE_UNAVAILABLE', { expected: 'WebGPU', received: reason, cause: error });
    }
    const opened = await openOn('wasm', file, model.digest, options);
    return { ...opened, failed: [{ provider: 'webgpu', reason }] };
  }
}

/** Why WebGPU need not be tried, or undefined. A software adapter is taken only where WebGPU is asked for by name. */
async function missingWebGpu(device: BrowserDevice): Promise<string | undefined> {
  if (!('gpu' in navigator)) return 'this browser has no WebGPU';
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) return 'this browser gives no WebGPU adapter';
  if (device === 'auto' && adapter.info.isFallbackAdapter) return 'the only adapter is software';
  return undefined;
}

async function openOn(
  provider: BrowserProvider,
  file: ModelFile,
  digest: string,
  { threads, runtimeUrl }: ProviderOptions,
): Promise<Omit<OpenedModel, 'failed'>> {
  const ort = await importRuntime(new URL(builds[provider], runtimeUrl).href);
  ort.env.wasm.numThreads = provider === 'wasm' ? threads : 1;
  ort.env.wasm.initTimeout = initTimeoutMs;
  const session = await createSession(ort, file.bytes, provider);
  const classifier = classifierOf(
    file,
    digest,
    wrapSession(ort, session, provider === 'wasm' ? 'cpu' : provider),
  );
  try {
    await warmUp(classifier);
  } catch (error) {
    await classifier.close();
    throw error;
  }
  return { classifier, provider, threads: ort.env.wasm.numThreads };
}

/** The runtime is not bundled: it finds its WebAssembly and starts its threads by its own address. */
async function importRuntime(address: string): Promise<typeof OrtWeb> {
  try {
    return await import(address);
  } catch (error) {
    throw runtimeFailed(error, `ONNX Runtime at ${address}`);
  }
}

async function createSession(
  ort: typeof OrtWeb,
  bytes: Uint8Array,
  provider: BrowserProvider,
): Promise<OrtWeb.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      logSeverityLevel: 3, // errors: on WebGPU it would warn of every shape that is computed on the processor
    });
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error);
    // ONNX Runtime's words for a WebAssembly module that could not be fetched, compiled or started.
    if (received.startsWith('no available backend found'))
      throw runtimeFailed(error, 'WebAssembly that starts');
    throw new KilnError('MODEL_INVALID', {
      message: 'ONNX Runtime refuses the model.',
      expected: 'a graph that onnxruntime-web can run',
      received,
      cause: error,
    });
  }
}

/** The first run allocates and compiles; its time is nobody's answer, but it must be one. */
async function warmUp(classifier: Classifier): Promise<void> {
  const { height, width } = classifier.metadata.frame;
  const probabilities = await classifier.classify(new Uint8Array(height * width * 3), 1);
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  if (!(Math.abs(sum - 1) < 1e-3)) throw new Error(`probabilities of the first run sum to ${sum}, not to 1`);
}

const runtimeFailed = (error: unknown, expected: string): ClassifierError =>
  new ClassifierError({
    code: 'RUNTIME_FAILED',
    message: 'ONNX Runtime could not be started in this tab.',
    expected,
    received: error instanceof Error ? error.message : String(error),
  });
