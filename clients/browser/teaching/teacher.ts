import { folderUrl, requireSecureContext, threadsHere } from '../page-context.js';
import { ClassifierError, type Problem, toProblem, workerBroke } from '../problem.js';
import type { OpenRequest, TeachingReply } from './teaching-messages.js';
import { WorkerTeacher } from './worker-teacher.js';

/** A picture of the visitor's: RGB bytes [height, width, 3] in the model's frame, and the index of its class. */
export interface TeachingPicture {
  readonly frame: Uint8Array;
  readonly label: number;
}

export interface TeachingOptions {
  /** `last`: only a new last layer learns, on features that are computed once; `all`: every layer learns. */
  readonly layers: 'last' | 'all';
  /** Default: 20 for `last`; for `all` as many as make about 960 looks at a picture, from 4 to 40. */
  readonly epochs?: number;
  /** Which pictures are held out, the order, the views, the new layer's beginning. Default: 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TeachingProgress) => void;
}

/** Of the pictures that are held out: a fifth of each class, seeded; at least one of a class with three or more. */
export interface HeldOut {
  readonly correct: number;
  readonly count: number;
}

export interface TeachingProgress {
  /** Epochs done. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean cross-entropy of the epoch's steps. */
  readonly loss: number;
  /** Since `teach` was called. */
  readonly seconds: number;
  readonly heldOut: HeldOut;
}

/** A network that was taught. */
export interface Lesson {
  readonly labels: readonly string[];
  /** What the finished network says to the held-out pictures, with the 95 % Wilson interval of the share. */
  readonly heldOut: HeldOut & { readonly interval: readonly [number, number] };
  /** Which of the pictures were held out: their indices among those that were given. */
  readonly heldOutIndices: readonly number[];
  /** frames: uint8 [count, height, width, 3] → float32 [count, labels] */
  classify(frames: Uint8Array, count: number): Promise<Float32Array>;
  /** A kiln ONNX file as the exporter writes it: `kiln serve` serves it. */
  model(name: string): Promise<Uint8Array>;
  /** Frees its memory. */
  close(): Promise<void>;
}

export interface Teacher {
  readonly frame: { readonly height: number; readonly width: number };
  /** What runs the graphs. */
  readonly provider: string;
  /**
   * @throws OPTION_INVALID, SHAPE_MISMATCH for a picture of another size, DATASET_UNUSABLE for a class without a picture,
   *   TRAINING_DIVERGED, TEACHING_FAILED; the signal's reason
   */
  teach(
    labels: readonly string[],
    pictures: readonly TeachingPicture[],
    options: TeachingOptions,
  ): Promise<Lesson>;
  /** Ends the worker, and with it every lesson; what is under way is rejected with TEACHER_CLOSED. */
  close(): Promise<void>;
}

export interface TeacherOptions {
  /** `auto` is `wasm`: a training step holds operators that ONNX Runtime runs in WebAssembly only. Default: `auto`. */
  readonly device?: 'auto' | 'webgpu' | 'wasm';
  /** Folder of ONNX Runtime's files. Default: `onnxruntime-web/` beside the worker, or where a bundler put them. */
  readonly runtime?: string | URL;
  /** The worker's script, of the page's own origin. Default: `teacher-worker.js` beside this module, or the bundler's. */
  readonly worker?: string | URL;
}

/**
 * Takes a kiln file to teach on top of, in a Web Worker of its own.
 *
 * @param model the file's bytes
 * @throws ClassifierError CONTEXT_INSECURE, DEVICE_UNAVAILABLE for `webgpu`, MODEL_INVALID, MODEL_NOT_KILN,
 *   NETWORK_UNKNOWN, CHECKPOINT_MISMATCH, RUNTIME_FAILED, WORKER_FAILED
 */
export async function openTeacher(model: Uint8Array, options: TeacherOptions = {}): Promise<Teacher> {
  const { device = 'auto', runtime } = options;
  requireSecureContext();
  if (device === 'webgpu') throw new ClassifierError(noWebGpu);
  const runtimeUrl = runtime === undefined ? undefined : folderUrl(runtime);
  const worker = startWorker(options.worker);
  return new Promise((resolve, reject) => {
    const giveUp = (problem: Problem): void => {
      worker.terminate();
      reject(new ClassifierError(problem));
    };
    worker.onerror = ({ message }) => giveUp(workerBroke(message));
    worker.onmessage = ({ data }: MessageEvent<TeachingReply>) => {
      if (data.kind === 'refused') giveUp(data.problem);
      if (data.kind === 'opened') resolve(new WorkerTeacher(worker, data.teacher));
    };
    worker.postMessage({ kind: 'open', model, threads: threadsHere(), runtimeUrl } satisfies OpenRequest);
  });
}

const noWebGpu: Problem = {
  code: 'DEVICE_UNAVAILABLE',
  message: 'The device asked for cannot run here.',
  expected: 'wasm, on which a training step can run',
  received: 'webgpu',
};

function startWorker(script: string | URL | undefined): Worker {
  try {
    return script === undefined ? ownWorker() : new Worker(script, { type: 'module', name: 'teacher' });
  } catch (error) {
    throw new ClassifierError(toProblem(error, workerBroke('')));
  }
}

/** Bundlers know a worker by this form, all of it in one expression. */
const ownWorker = (): Worker =>
  new Worker(new URL('./teacher-worker.js', import.meta.url), { type: 'module', name: 'teacher' });
