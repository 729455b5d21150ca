import { parentPort, workerData } from 'node:worker_threads';
import type { ArchivedPicture } from '../../data/archive/archive.js';
import { openArchive } from '../../data/archive/open.js';
import { KilnError } from '../../errors/errors.js';
import { decodeImage } from '../../images/decode.js';
import { toFrame } from '../../images/frame.js';
import {
  type ArchiveReply,
  type ArchiveRequest,
  type ArchiveThreadData,
  gateShut,
} from './archive-protocol.js';
import type { LabelledFrames } from './picture-source.js';
import type { SkippedPicture } from './views.js';

/**
 * The thread that reads one uploaded archive: checks it, then decodes picture after picture, as many as are asked for and
 * none beside another. Started by archive-source.ts, which passes this type.
 */
const { file, labels, frame, limit, archiveLimits, decodeLimits, gate } = workerData as ArchiveThreadData;
if (parentPort === null) throw new Error('archive-worker.ts runs as a worker thread only');
const port = parentPort;
const frameBytes = frame.height * frame.width * 3;
const stopping = new AbortController();

port.on('message', (request: ArchiveRequest) => {
  if (request.kind === 'stop') stopping.abort(new Error('nobody waits for the pictures any more'));
});

try {
  await serve();
} finally {
  await file.close();
  port.close();
}

async function serve(): Promise<void> {
  let archive: Awaited<ReturnType<typeof openArchive>>;
  try {
    archive = await openArchive(file, labels, archiveLimits, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) post(refusal(error));
    return;
  }
  const count = Math.min(archive.count, limit ?? Number.POSITIVE_INFINITY);
  const pictures = archive.pictures()[Symbol.asyncIterator]();
  let place = 0;
  post({ kind: 'opened', format: archive.format, count });
  for await (const size of requests()) {
    try {
      const end = Math.min(count, place + size);
      const batch = place < end ? await read(pictures, place, end) : undefined;
      place = end;
      if (batch === undefined) post({ kind: 'batch', batch });
      else post({ kind: 'batch', batch }, [batch.frames.buffer as ArrayBuffer]); // read() made it
    } catch (error) {
      post(refusal(error));
    }
  }
  await pictures.return?.();
}

/** The sizes asked for, one after another, until the thread shall stop. */
async function* requests(): AsyncGenerator<number> {
  const { signal } = stopping;
  const sizes: number[] = [];
  let wake = (): void => {};
  port.on('message', (request: ArchiveRequest) => {
    if (request.kind === 'next') sizes.push(request.size);
    wake();
  });
  while (!signal.aborted) {
    const size = sizes.shift();
    if (size !== undefined) yield size;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

/** The pictures place … end − 1; those that cannot be read leave no row. */
async function read(
  pictures: AsyncIterator<ArchivedPicture>,
  place: number,
  end: number,
): Promise<LabelledFrames> {
  const frames = new Uint8Array((end - place) * frameBytes);
  const places: number[] = [];
  const numbers: number[] = [];
  const names: string[] = [];
  const skipped: SkippedPicture[] = [];
  for (let at = place; at < end; at += 1) {
    const { value: picture, done } = await pictures.next();
    if (done || stopping.signal.aborted) break;
    Atomics.wait(gate, 0, gateShut); // at once when the gate is open
    const outcome = await frameOf(picture);
    if (typeof outcome === 'string') {
      skipped.push({ name: picture.name, reason: outcome });
      continue;
    }
    frames.set(outcome, places.length * frameBytes);
    places.push(at);
    numbers.push(picture.label);
    names.push(picture.name);
  }
  return {
    places: Uint32Array.from(places),
    frames: frames.subarray(0, places.length * frameBytes),
    labels: Uint16Array.from(numbers),
    names,
    skipped,
  };
}

/** uint8 RGB [height, width, 3], or why there is none. */
async function frameOf({ content }: ArchivedPicture): Promise<Uint8Array | string> {
  switch (content.kind) {
    case 'damaged':
      return content.reason;
    case 'pixels':
      return toFrame(content.pixels, frame.height, frame.width);
    case 'file':
      try {
        return toFrame(await decodeImage(content.bytes, decodeLimits), frame.height, frame.width);
      } catch (error) {
        if (error instanceof KilnError) return `${error.message} (${error.received})`;
        throw error;
      }
  }
}

function refusal(error: unknown): ArchiveReply {
  if (error instanceof KilnError) return { kind: 'refused', error: error.toJSON() };
  return {
    kind: 'failed',
    reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

function post(reply: ArchiveReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer);
}
