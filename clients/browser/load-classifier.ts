import { BrowserClassifier } from './classifier.js';
import { folderUrl, requireSecureContext, threadsHere } from './page-context.js';
import { ClassifierError, optionInvalid, toProblem, workerBroke } from './problem.js';
import type { BrowserDevice, LoadRequest, WorkerReply } from './worker-messages.js';

export interface LoadOptions {
  /** What runs the model. Default: `auto`, WebGPU where it really runs, else WebAssembly. */
  readonly device?: BrowserDevice;
  /** sha256 (hex) that the file must have; a file of this digest that is kept is then used without asking the server. */
  readonly digest?: string;
  /** Bytes of the model file; `total` is undefined where the server does not say it. A kept file makes no progress. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** Gives up loading. */
  readonly signal?: AbortSignal;
  /** Width × height of a picture, at most. Default: 50 million, as of the service. */
  readonly maxPixels?: number;
  /** Headers to fetch the model with, e.g. an API key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Folder of ONNX Runtime's files. Default: `onnxruntime-web/` beside the worker, or where a bundler put them. */
  readonly runtime?: string | URL;
  /** The worker's script, of the page's own origin. Default: `classifier-worker.js` beside this module, or the bundler's. */
  readonly worker?: string | URL;
}

/**
 * Loads a kiln file into this page: fetches it, or takes the one that an earlier visit kept, checks it, and classifies a
 * blank picture with it. All of it happens in a Web Worker of its own.
 *
 * @param url the ONNX file; relative to the page
 * @throws ClassifierError CONTEXT_INSECURE, OPTION_INVALID, MODEL_UNREACHABLE, MODEL_DIGEST_MISMATCH, MODEL_INVALID,
 *   MODEL_NOT_KILN, DEVICE_UNAVAILABLE, RUNTIME_FAILED, WORKER_FAILED; the signal's reason
 */
export async function loadClassifier(
  url: string | URL,
  options: LoadOptions = {},
): Promise<BrowserClassifier> {
  const { signal, onProgress, maxPixels = 50_000_000 } = options;
  signal?.throwIfAborted();
  const request = loadRequest(url, maxPixels, options);
  const worker = startWorker(options.worker);
  return new Promise((resolve, reject) => {
    const giveUp = (reason: unknown): void => {
      signal?.removeEventListener('abort', abort);
      worker.terminate();
      reject(reason);
    };
    const abort = (): void => giveUp(signal?.reason);
    signal?.addEventListener('abort', abort);
    worker.onerror = (event) => giveUp(new ClassifierError(workerBroke(event.message)));
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => {
      if (data.kind === 'progress') onProgress?.(data.received, data.total);
      if (data.kind === 'refused') giveUp(new ClassifierError(data.problem));
      if (data.kind === 'ready') {
        signal?.removeEventListener('abort', abort);
        resolve(new BrowserClassifier(worker, data.model, maxPixels));
      }
    };
    worker.postMessage(request);
  });
}

const devices = ['auto', 'webgpu', 'wasm'] as const satisfies readonly BrowserDevice[];

function loadRequest(url: string | URL, maxPixels: number, options: LoadOptions): LoadRequest {
  const { device = 'auto', digest, headers = {}, runtime } = options;
  requireSecureContext();
  if (!devices.includes(device)) throw optionInvalid(`${devices.join(', ')} as device`, device);
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
    throw optionInvalid('64 hex digits as digest', digest);
  return {
    kind: 'load',
    modelUrl: new URL(url, document.baseURI).href,
    headers: { ...headers },
    digest,
    device,
    threads: threadsHere(),
    runtimeUrl: runtime === undefined ? undefined : folderUrl(runtime),
    maxPixels,
  };
}

function startWorker(script: string | URL | undefined): Worker {
  try {
    return script === undefined ? ownWorker() : new Worker(script, { type: 'module', name: 'classifier' });
  } catch (error) {
    throw new ClassifierError(toProblem(error, workerBroke('')));
  }
}

/** Bundlers know a worker by this form, all of it in one expression. */
const ownWorker = (): Worker =>
  new Worker(new URL('./classifier-worker.js', import.meta.url), { type: 'module', name: 'classifier' });
