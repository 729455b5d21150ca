import { parentPort, workerData } from 'node:worker_threads';
import { KilnError } from '../errors/errors.js';
import { toFrame } from '../images/frame.js';
import { decodeSmallPng } from '../images/small-png.js';
import type { Classifier } from './classifier.js';
import { createSession } from './onnxruntime-node.js';
import type { Session } from './session.js';
import { classifierOf } from './session-classifier.js';
import type {
  BatchOutcome,
  PackedRow,
  PoolMessage,
  RowOutcome,
  WorkerMessage,
  WorkerSettings,
} from './worker-protocol.js';

/**
 * The thread in which a service's inference runs, one session each; started by worker-pool.ts. A row that cannot be
 * decoded is that row's error. Anything else that goes wrong ends the thread, and the pool starts another.
 */

/** Batch sizes that CUDA sees: every new one costs a search for convolution kernels, so they are few and warm. */
const cudaBatches = [1, 2, 4, 8, 16, 32] as const;

const port = parentPort;
if (port === null) throw new Error('inference-worker.ts runs in a worker thread only');
const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

// Received from worker-pool.ts alone, which passes this type.
const { model, device, threads } = workerData as WorkerSettings;
const { frame, labels } = model.metadata;
const frameBytes = frame.height * frame.width * 3;

try {
  const session = await createSession(model.bytes, { device, threads, spinning: false, tryOut: warmUp });
  serve(classifierOf(model, '', session));
  post({ kind: 'ready', provider: session.provider, failed: session.failed });
} catch (error) {
  if (!(error instanceof KilnError)) throw error;
  post({ kind: 'refused', error: error.toJSON() });
  port.close();
}

/** The first run of a batch size plans; the later ones are fast. */
async function warmUp(session: Session): Promise<void> {
  const classifier = classifierOf(model, '', session);
  for (const batch of session.provider === 'cuda' ? cudaBatches : [1]) {
    await classifier.classify(new Uint8Array(batch * frameBytes), batch);
  }
}

function serve(classifier: Classifier): void {
  // Messages are handled one after another: `stop` must not overtake a run.
  let last: Promise<void> = Promise.resolve();
  port?.on('message', (message: PoolMessage) => {
    last = last.then(() => handle(message, classifier));
  });
}

async function handle(message: PoolMessage, classifier: Classifier): Promise<void> {
  if (message.kind === 'stop') {
    await classifier.close();
    port?.close();
    return;
  }
  const outcome = await runBatch(message.rows, new Uint8Array(message.payload), classifier);
  post({ kind: 'done', ...outcome }, [outcome.probabilities.buffer as ArrayBuffer]); // allocated by us, never shared
}

async function runBatch(
  rows: readonly PackedRow[],
  payload: Uint8Array,
  classifier: Classifier,
): Promise<BatchOutcome> {
  const images = new Uint8Array(padded(rows.length, classifier) * frameBytes);
  const outcomes: RowOutcome[] = [];
  let count = 0;
  for (const row of rows) {
    const began = performance.now();
    try {
      images.set(frameOf(row, payload.subarray(row.offset, row.offset + row.length)), count * frameBytes);
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
  return { rows: outcomes, probabilities: all.slice(0, count * labels.length), inferenceMs };
}

/** uint8 RGB [height, width, 3] of one row. */
function frameOf(row: PackedRow, bytes: Uint8Array): Uint8Array {
  switch (row.kind) {
    case 'frame':
      if (bytes.length === frameBytes) return bytes;
      throw new KilnError('SHAPE_MISMATCH', {
        expected: `a frame of ${frameBytes} bytes [${frame.height}, ${frame.width}, 3]`,
        received: `${bytes.length} bytes`,
      });
    case 'png': {
      const pixels = decodeSmallPng(bytes);
      if (pixels !== undefined) return toFrame(pixels, frame.height, frame.width);
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
