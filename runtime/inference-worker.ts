import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorReport, KilnError } from '../errors/errors.js';
import { smallPngToFrame } from '../images/small-png.js';
import type { Classifier, Device } from './classifier.js';
import { settleDevice } from './device-probe.js';
import type { ModelFile } from './model-file.js';
import { createSession } from './onnxruntime-node.js';
import type { Session } from './session.js';
import { classifierOf } from './session-classifier.js';
import type {
  BatchOutcome,
  ModelId,
  PackedRow,
  PoolMessage,
  RowOutcome,
  WorkerMessage,
  WorkerSettings,
} from './worker-protocol.js';

/**
 * The thread in which a service's inference runs, one session a model; started by worker-pool.ts. A row that cannot
 * be decoded is that row's error, a model that cannot be loaded is refused. Anything else that goes wrong ends the
 * thread, and the pool starts another.
 */

/** Batch sizes that CUDA sees: every new one costs a search for convolution kernels, so they are few and warm. */
const cudaBatches = [1, 2, 4, 8, 16, 32] as const;

const port = parentPort;
if (port === null) throw new Error('inference-worker.ts runs in a worker thread only');
const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

// Received from worker-pool.ts alone, which passes this type.
const settings = workerData as WorkerSettings;
const classifiers = new Map<ModelId, Classifier>();

try {
  const { provider, failed } = await settleDevice(settings.device);
  // Messages are handled one after another: `stop` must not overtake a run.
  let last: Promise<void> = Promise.resolve();
  port.on('message', (message: PoolMessage) => {
    last = last.then(() => handle(message));
  });
  post({ kind: 'ready', provider, failed });
} catch (error) {
  post({ kind: 'unfit', error: reportOf(error) });
  port.close();
}

async function handle(message: PoolMessage): Promise<void> {
  switch (message.kind) {
    case 'load':
      try {
        await load(message.model, message.file, message.device);
      } catch (error) {
        post({ kind: 'refused', model: message.model, error: reportOf(error) });
      }
      return;
    case 'unload':
      await classifiers.get(message.model)?.close();
      classifiers.delete(message.model);
      return;
    case 'run': {
      const classifier = classifiers.get(message.model);
      if (classifier === undefined) throw new Error(`model ${message.model} is not loaded`);
      const outcome = await runBatch(message.rows, new Uint8Array(message.payload), classifier);
      post({ kind: 'done', ...outcome }, [outcome.probabilities.buffer as ArrayBuffer]); // allocated by us, never shared
      return;
    }
    case 'stop':
      for (const classifier of classifiers.values()) await classifier.close();
      port?.close();
  }
}

async function load(model: ModelId, file: ModelFile, device: Device): Promise<void> {
  const { threads } = settings;
  const session = await createSession(file.bytes, {
    device,
    threads,
    spinning: false,
    tryOut: (candidate) => warmUp(file, candidate),
  });
  classifiers.set(model, classifierOf(file, '', session));
  post({ kind: 'loaded', model, provider: session.provider, failed: session.failed });
}

/** The first run of a batch size plans; the later ones are fast. */
async function warmUp(file: ModelFile, session: Session): Promise<void> {
  const classifier = classifierOf(file, '', session);
  for (const batch of session.provider === 'cuda' ? cudaBatches : [1]) {
    await classifier.classify(new Uint8Array(batch * frameBytesOf(classifier)), batch);
  }
}

async function runBatch(
  rows: readonly PackedRow[],
  payload: Uint8Array,
  classifier: Classifier,
): Promise<BatchOutcome> {
  const frameBytes = frameBytesOf(classifier);
  const images = new Uint8Array(padded(rows.length, classifier) * frameBytes);
  const outcomes: RowOutcome[] = [];
  let count = 0;
  for (const row of rows) {
    const began = performance.now();
    try {
      const bytes = payload.subarray(row.offset, row.offset + row.length);
      images.set(frameOf(row.kind, bytes, classifier), count * frameBytes);
      outcomes.push({ kind: 'probabilities', index: count, decodeMs: performance.now() - began });
      count += 1;
    } catch (error) {
      if (!(error instanceof KilnError)) throw error;
      outcomes.push({ kind: 'error', error: error.toJSON() });
    }
  }
  if (count === 0) return { rows: outcomes, probabilities: new Float32Array(0), inferenceMs: 0 };
  const size = padded(count, classifier);
  const began = performance.now();
  const all = await classifier.classify(images.subarray(0, size * frameBytes), size);
  const inferenceMs = performance.now() - began;
  const values = count * classifier.metadata.labels.length;
  return { rows: outcomes, probabilities: all.slice(0, values), inferenceMs };
}

/** uint8 RGB [height, width, 3] of one row. */
function frameOf(kind: PackedRow['kind'], bytes: Uint8Array, classifier: Classifier): Uint8Array {
  const { height, width } = classifier.metadata.frame;
  switch (kind) {
    case 'frame':
      if (bytes.length === frameBytesOf(classifier)) return bytes;
      throw new KilnError('SHAPE_MISMATCH', {
        expected: `a frame of ${frameBytesOf(classifier)} bytes [${height}, ${width}, 3]`,
        received: `${bytes.length} bytes`,
      });
    case 'png': {
      const decoded = smallPngToFrame(bytes, height, width);
      if (decoded !== undefined) return decoded;
      throw new KilnError('IMAGE_UNDECODABLE', {
        expected: 'a whole PNG file',
        received: `${bytes.length} bytes with damaged pixels`,
      });
    }
  }
}

/** Rows that run for `count` rows: on CUDA the next warmed size, beyond the largest a multiple of it. */
function padded(count: number, classifier: Classifier): number {
  if (classifier.provider !== 'cuda') return count;
  return cudaBatches.find((size) => size >= count) ?? Math.ceil(count / 32) * 32;
}

function frameBytesOf({ metadata: { frame } }: Classifier): number {
  return frame.height * frame.width * 3;
}

/** What is not a refusal of ours is told by its message: only those cross to another thread whole. */
function reportOf(error: unknown): ErrorReport {
  if (error instanceof KilnError) return error.toJSON();
  const received = error instanceof Error ? error.message : String(error);
  return new KilnError('WORKER_FAILED', {
    message: 'An inference worker did not start.',
    expected: 'a worker thread with a warm session',
    received,
  }).toJSON();
}
