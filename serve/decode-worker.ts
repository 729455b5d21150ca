import { performance } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import { KilnError } from '../errors/errors.js';
import { decodeImage } from '../images/decode.js';
import { toFrame } from '../images/frame.js';
import type { DecodeReply, DecodeTask } from './decoder.js';

/** The decoder's thread: from a file's bytes to the network's frame. */
if (parentPort === null) throw new Error('decode-worker runs as a worker thread');
const port = parentPort;

port.on('message', (message: DecodeTask | 'stop') => {
  if (message === 'stop') port.close();
  else void answer(message);
});

async function answer({ id, bytes, height, width, limits }: DecodeTask): Promise<void> {
  const began = performance.now();
  try {
    const frame = toFrame(await decodeImage(bytes, limits), height, width); // [height, width, 3]
    const reply: DecodeReply = { id, kind: 'frame', frame, decodeMs: performance.now() - began };
    port.postMessage(reply, [frame.buffer as ArrayBuffer]); // toFrame allocates it, never shared
  } catch (error) {
    port.postMessage(refusal(id, error));
  }
}

function refusal(id: number, error: unknown): DecodeReply {
  if (error instanceof KilnError) return { id, kind: 'refused', error: error.toJSON() };
  return {
    id,
    kind: 'failed',
    reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
