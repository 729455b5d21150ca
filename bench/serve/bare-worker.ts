import { parentPort, workerData } from 'node:worker_threads';
import type { Device } from '../../runtime/classifier.js';
import { loadClassifier } from '../../runtime/node-classifier.js';

/** A session in a thread of its own, which classifies what it was given over and over; started by bare.ts. */
export interface BareSettings {
  readonly model: Uint8Array;
  readonly device: Device;
  readonly threads: number;
  /** uint8 [count, height, width, 3] */
  readonly frames: Uint8Array;
  readonly count: number;
}

export interface BareOrder {
  readonly batch: number;
  readonly milliseconds: number;
}

export interface BareAnswer {
  readonly images: number;
  readonly milliseconds: number;
}

const port = parentPort;
if (port === null) throw new Error('bare-worker.ts runs in a worker thread only');
// Received from bare.ts alone, which passes these types.
const { model, device, threads, frames, count } = workerData as BareSettings;
const frameBytes = frames.length / count;
const classifier = await loadClassifier(model, { device, threads });

port.on('message', (order: BareOrder | 'stop') => {
  if (order === 'stop') void classifier.close().then(() => port.close());
  else void work(order).then((answer) => port.postMessage(answer));
});
port.postMessage('ready');

async function work({ batch, milliseconds }: BareOrder): Promise<BareAnswer> {
  const size = Math.min(batch, count);
  const begin = performance.now();
  let images = 0;
  for (let first = 0; performance.now() - begin < milliseconds; first = (first + size) % count) {
    const start = Math.min(first, count - size);
    await classifier.classify(frames.subarray(start * frameBytes, (start + size) * frameBytes), size);
    images += size;
  }
  return { images, milliseconds: performance.now() - begin };
}
