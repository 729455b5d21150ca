import type * as OrtWeb from 'onnxruntime-web';
import { toFrame } from '../../images/frame.js';
import type { Classifier } from '../../runtime/classifier.js';
import { topPredictions } from '../../runtime/top-predictions.js';
import { openWebClassifier } from '../../runtime/web-classifier.js';
import { decodePicture } from './decode.js';
import { isProblem, PageError, toProblem } from './problem.js';
import type { WorkerReply, WorkerRequest } from './worker-messages.js';

declare const self: DedicatedWorkerGlobalScope;

/** Threads are started while the session is made; where a policy forbids them nothing else would end the wait. */
const initTimeoutMs = 30_000;

const reply = (message: WorkerReply, transfer: Transferable[] = []): void =>
  self.postMessage(message, transfer);

/** The runtime lies beside this file, unbundled: it finds its WebAssembly and starts its threads by its own address. */
async function importRuntime(threads: number): Promise<typeof OrtWeb> {
  const address = new URL('ort/ort.wasm.bundle.min.mjs', import.meta.url).href;
  const ort: typeof OrtWeb = await import(address);
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.initTimeout = initTimeoutMs;
  return ort;
}

async function download(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url).catch(() => undefined);
  if (response === undefined || !response.ok || response.body === null) {
    const report: unknown = await response?.json().catch(() => undefined);
    if (isProblem(report)) throw new PageError(report);
    throw new PageError({
      code: 'MODEL_UNREACHABLE',
      message: 'The model file could not be fetched.',
      expected: 'the ONNX file',
      received: response === undefined ? 'no answer' : `status ${response.status}`,
    });
  }
  const length = Number(response.headers.get('content-length'));
  const total = length > 0 && !response.headers.has('content-encoding') ? length : undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    received += part.value.length;
    reply({ kind: 'progress', received, total });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** In hex. Web Crypto exists in secure contexts only; the page does not start this worker in others. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface Loaded {
  readonly classifier: Classifier;
  readonly maxPixels: number;
}

async function load(request: WorkerRequest & { kind: 'load' }): Promise<Loaded> {
  const { modelUrl, digest, threads, maxPixels } = request;
  const [ort, bytes] = await Promise.all([importRuntime(threads), download(modelUrl)]);
  const computed = await sha256(bytes);
  if (computed !== digest) {
    throw new PageError({
      code: 'MODEL_DIGEST_MISMATCH',
      message: 'The model file is not the one that the service uses, so it is not run here.',
      expected: `sha256 ${digest}`,
      received: `sha256 ${computed}`,
    });
  }
  const classifier = await openWebClassifier(ort, bytes, digest);
  const { metadata, provider } = classifier;
  // The first run allocates and warms up; its time is nobody's answer.
  await classifier.classify(new Uint8Array(metadata.frame.height * metadata.frame.width * 3), 1);
  reply({ kind: 'ready', model: { metadata, digest, provider, threads: ort.env.wasm.numThreads ?? 1 } });
  return { classifier, maxPixels };
}

async function classify(
  { classifier, maxPixels }: Loaded,
  { id, picture }: WorkerRequest & { kind: 'classify' },
): Promise<void> {
  const { height, width } = classifier.metadata.frame;
  const start = performance.now();
  const rgb = toFrame(await decodePicture(picture, maxPixels), height, width); // [height, width, 3]
  const decoded = performance.now();
  reply({ kind: 'frame', id, frame: { width, height, rgb } });
  const probabilities = await classifier.classify(rgb, 1); // [1, labels]
  const timing = { decodeMs: decoded - start, inferenceMs: performance.now() - decoded };
  const { labels } = classifier.metadata;
  const predictions = topPredictions(probabilities, labels, labels.length);
  reply({ kind: 'answer', id, answer: { digest: classifier.digest, predictions, timing } });
}

let loaded: Promise<Loaded> | undefined;

self.onmessage = async ({ data }: MessageEvent<WorkerRequest>) => {
  if (data.kind === 'load') {
    loaded = load(data);
    loaded.catch((error) => {
      const fallback = { code: 'RUNTIME_FAILED', message: 'ONNX Runtime could not be started in this tab.' };
      reply({ kind: 'refused', problem: toProblem(error, fallback) });
    });
    return;
  }
  try {
    if (loaded === undefined) throw new Error('classify came before load');
    await classify(await loaded, data);
  } catch (error) {
    const fallback = { code: 'INFERENCE_FAILED', message: 'The model could not classify this picture here.' };
    reply({ kind: 'failed', id: data.id, problem: toProblem(error, fallback) });
  }
};
