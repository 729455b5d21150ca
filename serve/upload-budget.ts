import type { onRequestHookHandler } from 'fastify';
import { KilnError } from '../errors/errors.js';

/** Requests up to this size are not counted: thousands of them fit. */
const negligible = 64 * 1024;

/** The memory that all requests together may hold, of whichever route they are. */
export class UploadBudget {
  readonly #totalBytes: number;
  #held = 0;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /**
   * Makes room for a request, which gives it back by calling what is returned.
   *
   * @throws KilnError QUEUE_FULL
   */
  hold(bytes: number): () => void {
    if (this.#held + bytes > this.#totalBytes) {
      throw new KilnError('QUEUE_FULL', {
        expected: `requests of at most ${this.#totalBytes} bytes together`,
        received: `${bytes} bytes more than the ${this.#held} that are being served`,
      });
    }
    this.#held += bytes;
    return () => {
      this.#held -= bytes;
    };
  }
}

/**
 * Refuses a request by its headers, before a byte of its body is read: REQUEST_TOO_LARGE for what may not be
 * sent at all, QUEUE_FULL for what does not fit beside the requests that are held in memory already.
 *
 * @param mostOf bytes that a request of this content type may have
 */
export function receiveWithin(
  budget: UploadBudget,
  mostOf: (contentType: string | undefined) => number,
): onRequestHookHandler {
  return (request, reply, done) => {
    const { 'content-type': type, 'content-length': length } = request.headers;
    const most = mostOf(type);
    // Without a length the body may grow up to what the parsers stop at.
    const bytes = length === undefined ? most : Number(length);
    if (bytes > most) {
      done(
        new KilnError('REQUEST_TOO_LARGE', { expected: `at most ${most} bytes`, received: `${bytes} bytes` }),
      );
      return;
    }
    if (bytes > negligible) {
      try {
        reply.raw.once('close', budget.hold(bytes));
      } catch (error) {
        done(error as KilnError); // hold throws nothing else
        return;
      }
    }
    done();
  };
}
