import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ArchiveLimits } from '../../data/archive/limits.js';
import { KilnError } from '../../errors/errors.js';
import type { DecodeLimits } from '../../images/decode.js';
import type { LiveModel } from '../models/live-model.js';
import {
  type ArchiveReply,
  type ArchiveRequest,
  type ArchiveThreadData,
  gateOpen,
  gateShut,
} from './archive-protocol.js';
import type { LabelledFrames, PictureSource } from './picture-source.js';
import type { SpooledUpload } from './spool.js';

/** Who goes first: the pictures of requests. */
export interface DecodeTraffic {
  /** Tells at once whether pictures of requests wait or are decoded, and whenever that changes; returns what ends it. */
  watch(listener: (busy: boolean) => void): () => void;
}

export interface ArchiveSourceOptions {
  /** Its file is the source's from now on, whatever comes of it. */
  readonly upload: SpooledUpload;
  /** Pictures from the beginning of the archive; all without. */
  readonly limit?: number | undefined;
  readonly archiveLimits: ArchiveLimits;
  readonly decodeLimits: DecodeLimits;
  readonly traffic: DecodeTraffic;
}

interface Waiting {
  readonly resolve: (batch: LabelledFrames | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The pictures of an uploaded archive, decoded on a thread of their own: one at a time, as fast as batches are asked for,
 * and none while pictures of requests are being decoded.
 *
 * @throws KilnError ARCHIVE_INVALID, DATASET_MISMATCH; the signal's reason
 */
export async function openArchiveSource(
  options: ArchiveSourceOptions,
  { metadata }: LiveModel,
  signal: AbortSignal,
): Promise<PictureSource> {
  const { upload, limit, archiveLimits, decodeLimits, traffic } = options;
  const { labels, frame } = metadata;
  const gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { file } = upload;
  const data: ArchiveThreadData = { file, labels, frame, limit, archiveLimits, decodeLimits, gate };
  const thread = new ArchiveThread(data, traffic);
  const close = async (): Promise<void> => {
    await thread.close();
    await upload.discard();
  };
  const stop = (): void => void thread.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { count } = await thread.opened;
    const { name: dataset, digest: dataDigest } = upload;
    return {
      source: 'archive',
      dataset,
      split: null,
      dataDigest,
      count,
      next: (size) => thread.next(size),
      close,
    };
  } catch (error) {
    await close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** This side of archive-worker.ts. */
class ArchiveThread {
  readonly opened: Promise<Extract<ArchiveReply, { kind: 'opened' }>>;
  readonly #worker: Worker;
  readonly #gate: Int32Array;
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<unknown>;
  readonly #unwatch: () => void;
  #failure: unknown;

  constructor(data: ArchiveThreadData, traffic: DecodeTraffic) {
    this.#gate = data.gate;
    this.#worker = new Worker(new URL('./archive-worker.js', import.meta.url), {
      workerData: data,
      transferList: [data.file],
      name: 'kiln archive',
    });
    this.opened = new Promise((resolve, reject) => {
      this.#worker.on('message', (reply: ArchiveReply) => {
        if (reply.kind === 'opened') resolve(reply);
        else if (reply.kind === 'batch') this.#waiting.shift()?.resolve(reply.batch);
        else this.#fail(errorOf(reply));
      });
      this.#worker.on('error', (error) => this.#fail(error));
      this.#worker.on('exit', () => {
        this.#fail(new Error('the thread that reads the archive ended'));
        reject(this.#failure);
      });
    });
    this.opened.catch(() => {}); // told to whoever waits for it; nobody does once the thread is closed
    this.#ended = once(this.#worker, 'exit').catch(() => {}); // an error is followed by the exit all the same
    this.#unwatch = traffic.watch((busy) => this.#setGate(busy ? gateShut : gateOpen));
  }

  next(size: number): Promise<LabelledFrames | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure;
      this.#waiting.push({ resolve, reject });
      this.#post({ kind: 'next', size });
    });
  }

  /** Lets the picture under way finish: a native decoder may be at work, so the thread is never terminated. */
  async close(): Promise<void> {
    this.#unwatch();
    this.#setGate(gateOpen);
    this.#post({ kind: 'stop' });
    await this.#ended;
  }

  #setGate(state: number): void {
    Atomics.store(this.#gate, 0, state);
    Atomics.notify(this.#gate, 0);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  #post(request: ArchiveRequest): void {
    this.#worker.postMessage(request);
  }
}

function errorOf(reply: Extract<ArchiveReply, { kind: 'refused' | 'failed' }>): Error {
  return reply.kind === 'refused' ? new KilnError(reply.error.code, reply.error) : new Error(reply.reason);
}
