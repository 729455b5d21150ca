import { toFrame } from '../../images/frame.js';
import { topPredictions } from '../../runtime/top-predictions.js';
import { decodePicture } from './decode.js';
import { fetchModel } from './fetch-model.js';
import { type OpenedModel, openModel } from './open-provider.js';
import { toProblem } from './problem.js';
import type { ClassifyRequest, LoadRequest, WorkerReply, WorkerRequest } from './worker-messages.js';

declare const self: DedicatedWorkerGlobalScope;

const reply = (message: WorkerReply, transfer: Transferable[] = []): void =>
  self.postMessage(message, transfer);

interface Loaded extends OpenedModel {
  readonly maxPixels: number;
}

async function load(request: LoadRequest): Promise<Loaded> {
  const { device, threads, runtimeUrl, maxPixels } = request;
  const model = await fetchModel(request, (received, total) => reply({ kind: 'progress', received, total }));
  const opened = await openModel(model, { device, threads, runtimeUrl });
  const { classifier, ...facts } = opened;
  const { metadata, digest } = classifier;
  reply({ kind: 'ready', model: { ...facts, metadata, digest } });
  return { ...opened, maxPixels };
}

async function classify(
  { classifier, maxPixels }: Loaded,
  { id, picture, top, wantsFrame }: ClassifyRequest,
): Promise<void> {
  const { height, width } = classifier.metadata.frame;
  const start = performance.now();
  const rgb = toFrame(await decodePicture(picture, maxPixels), height, width); // [height, width, 3]
  const decoded = performance.now();
  if (wantsFrame) reply({ kind: 'frame', id, frame: { width, height, rgb } });
  const probabilities = await classifier.classify(rgb, 1); // [1, labels]
  const timing = { decodeMs: decoded - start, inferenceMs: performance.now() - decoded };
  const predictions = topPredictions(probabilities, classifier.metadata.labels, top);
  reply({ kind: 'answer', id, answer: { digest: classifier.digest, predictions, timing } });
}

let loaded: Promise<Loaded> | undefined;

/** One picture after another: a WebGPU session takes one run at a time, and a time is then that of one picture. */
let last: Promise<void> = Promise.resolve();

/** Asked for, and neither begun nor cancelled. */
const waiting = new Set<number>();

async function answer(request: ClassifyRequest): Promise<void> {
  if (!waiting.delete(request.id)) return;
  try {
    if (loaded === undefined) throw new Error('classify came before load');
    await classify(await loaded, request);
  } catch (error) {
    const fallback = { code: 'INFERENCE_FAILED', message: 'The model could not classify this picture here.' };
    reply({ kind: 'failed', id: request.id, problem: toProblem(error, fallback) });
  }
}

self.onmessage = ({ data }: MessageEvent<WorkerRequest>) => {
  switch (data.kind) {
    case 'load':
      loaded = load(data);
      loaded.catch((error) => {
        const fallback = {
          code: 'RUNTIME_FAILED',
          message: 'ONNX Runtime could not be started in this tab.',
        };
        reply({ kind: 'refused', problem: toProblem(error, fallback) });
      });
      break;
    case 'classify':
      waiting.add(data.id);
      last = last.then(() => answer(data));
      break;
    case 'cancel':
      waiting.delete(data.id);
      break;
  }
};
