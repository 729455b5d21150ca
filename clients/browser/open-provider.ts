import { KilnError } from '../../errors/errors.js';
import type { Classifier } from '../../runtime/classifier.js';
import { type ModelFile, openModelFile } from '../../runtime/model-file.js';
import { openWebClassifier } from '../../runtime/web-classifier.js';
import { importRuntime, runtimeFailed } from './import-runtime.js';
import type { CachedModel } from './model-cache.js';
import type { BrowserDevice, BrowserProvider, FailedBrowserProvider } from './worker-messages.js';

export interface ProviderOptions {
  readonly device: BrowserDevice;
  readonly threads: number;
  /** Folder of ONNX Runtime's files, with a slash at its end; undefined for beside the worker. */
  readonly runtimeUrl: string | undefined;
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
  const ort = await importRuntime(provider, runtimeUrl);
  ort.env.wasm.numThreads = provider === 'wasm' ? threads : 1;
  const classifier = await openWebClassifier(ort, file, { digest, provider }).catch((error) => {
    throw error instanceof KilnError ? error : runtimeFailed(error, 'WebAssembly that starts');
  });
  try {
    await warmUp(classifier);
  } catch (error) {
    await classifier.close();
    throw error;
  }
  return { classifier, provider, threads: ort.env.wasm.numThreads };
}

/** The first run allocates and compiles; its time is nobody's answer, but it must be one. */
async function warmUp(classifier: Classifier): Promise<void> {
  const { height, width } = classifier.metadata.frame;
  const probabilities = await classifier.classify(new Uint8Array(height * width * 3), 1);
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  if (!(Math.abs(sum - 1) < 1e-3)) throw new Error(`probabilities of the first run sum to ${sum}, not to 1`);
}
