import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type ErrorReport, KilnError } from '../errors/errors.js';
import type { DecodeLimits } from '../images/decode.js';
import { decodeTimeout } from '../images/decode-timeout.js';

export interface DecodeTask {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly limits: DecodeLimits;
}

export type DecodeReply =
  | { readonly id: number; readonly kind: 'frame'; readonly frame: Uint8Array; readonly decodeMs: number }
  | { readonly id: number; readonly kind: 'refused'; readonly error: ErrorReport }
  /** Nothing that the picture is to blame for. */
  | { readonly id: number; readonly kind: 'failed'; readonly reason: string };

export interface FrameSize {
  readonly height: number;
  readonly width: number;
}

export interface DecodedFrame {
  /** uint8 RGB, [height, width, 3] */
  readonly frame: Uint8Array;
  readonly decodeMs: number;
}

interface Pending {
  readonly task: DecodeTask;
  /** Counted from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly resolve: (decoded: DecodedFrame) => void;
  readonly reject: (reason: unknown) => void;
}

/** A picture that the thread has. */
interface Running extends Pending {
  readonly timer: NodeJS.Timeout | undefined;
}

/** How often a picture is tried whose thread ends under it. */
const attempts = 2;

/** Pictures decoded at once: each may hold 200 MB of pixels, and libuv's four threads serve files as well. */
const atOnce = 2;

/**
 * Decodes pictures of any size and kind on a thread of its own: bringing tens of megapixels to a frame takes
 * long enough to hold up everyone else. In order of arrival.
 */
export class Decoder {
  readonly #limits: DecodeLimits;
  readonly #queue: Pending[] = [];
  readonly #running = new Map<number, Running>();
  readonly #watchers = new Set<(busy: boolean) => void>();
  #worker: Worker | undefined;
  #lastId = 0;
  #busy = false;
  #closing = false;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  /**
   * @param frame the size that the picture is brought to, by the rule of images/frame.ts
   * @throws KilnError UNSUPPORTED_IMAGE, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE, DECODE_TIMEOUT; INTERNAL when the decoder fails;
   *   the signal's reason when it aborts first
   */
  decode(bytes: Uint8Array, { height, width }: FrameSize, signal: AbortSignal): Promise<DecodedFrame> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.#lastId += 1;
      const task = { id: this.#lastId, bytes, height, width, limits: this.#limits };
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#queue.push({ task, attempt: 1, signal, resolve, reject });
      this.#next();
    });
  }

  /** Tells at once whether pictures wait or are decoded, and whenever that changes; returns what ends it. */
  watch(listener: (busy: boolean) => void): () => void {
    this.#watchers.add(listener);
    listener(this.#busy);
    return () => void this.#watchers.delete(listener);
  }

  /** Starts the thread before the first picture does. */
  start(): void {
    this.#worker ??= this.#spawn();
  }

  /** Lets the pictures under way finish, then ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    // Never terminated: a native decoder may be at work.
    worker.postMessage('stop');
    await once(worker, 'exit');
  }

  #next(): void {
    while (this.#running.size < atOnce) {
      const pending = this.#queue.shift();
      if (pending === undefined) break;
      if (pending.signal.aborted) continue;
      this.#running.set(pending.task.id, { ...pending, timer: this.#timer(pending) });
      this.#worker ??= this.#spawn();
      this.#worker.postMessage(pending.task);
    }
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    const busy = this.#running.size > 0 || this.#queue.length > 0;
    if (busy === this.#busy) return;
    this.#busy = busy;
    for (const listener of this.#watchers) listener(busy);
  }

  /**
   * Answers for a picture that takes too long. The thread keeps its place until it is rid of it, so that no more than
   * `atOnce` are ever under way: decode.ts has it give up too.
   */
  #timer(pending: Pending): NodeJS.Timeout | undefined {
    const { decodeMs } = this.#limits;
    if (decodeMs === undefined) return undefined;
    return setTimeout(() => {
      pending.reject(decodeTimeout(decodeMs));
      this.#running.set(pending.task.id, { ...pending, attempt: attempts, timer: undefined }); // is not tried again
    }, decodeMs);
  }

  #spawn(): Worker {
    const worker = new Worker(new URL('./decode-worker.js', import.meta.url));
    worker.on('message', (reply: DecodeReply) => {
      this.#settle(reply);
      this.#next();
    });
    let cause: unknown = new Error('the decoding thread ended');
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#lost(cause));
    return worker;
  }

  #settle(reply: DecodeReply): void {
    const pending = this.#running.get(reply.id);
    this.#running.delete(reply.id);
    clearTimeout(pending?.timer);
    switch (reply.kind) {
      case 'frame':
        pending?.resolve(reply);
        break;
      case 'refused':
        pending?.reject(new KilnError(reply.error.code, reply.error));
        break;
      case 'failed':
        pending?.reject(failure(new Error(reply.reason)));
        break;
    }
  }

  /** The thread ended: what it had is tried once more, on the thread that the next picture starts. */
  #lost(cause: unknown): void {
    this.#worker = undefined;
    const lost = [...this.#running.values()];
    this.#running.clear();
    for (const { timer, ...pending } of lost.reverse()) {
      clearTimeout(timer);
      if (pending.attempt < attempts && !this.#closing)
        this.#queue.unshift({ ...pending, attempt: pending.attempt + 1 });
      else pending.reject(failure(cause));
    }
    this.#next();
  }
}

function failure(cause: unknown): KilnError {
  return new KilnError('INTERNAL', {
    expected: 'a decoded picture',
    received: 'a decoder that failed',
    cause,
  });
}
