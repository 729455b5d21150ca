import type { onRequestHookHandler } from 'fastify';
import { KilnError } from '../errors/errors.js';
import type { UploadLimits } from './uploads.js';

/** Requests up to this size are not counted: thousands of them fit. */
const negligible = 64 * 1024;

/**
 * Refuses a request by its headers, before a byte of its body is read: REQUEST_TOO_LARGE for what may not be
 * sent at all, QUEUE_FULL for what does not fit beside the requests that are held in memory already.
 */
export function receiveWithin(limits: UploadLimits): onRequestHookHandler {
  let held = 0;
  return (request, reply, done) => {
    const { 'content-type': type, 'content-length': length } = request.headers;
    const most = type?.startsWith('multipart/') ? limits.requestBytes : limits.fileBytes;
    // Without a length the body may grow up to what the parsers stop at.
    const bytes = length === undefined ? most : Number(length);
    if (bytes > most) {
      done(
        new KilnError('REQUEST_TOO_LARGE', { expected: `at most ${most} bytes`, received: `${bytes} bytes` }),
      );
      return;
    }
    if (bytes > negligible) {
      if (held + bytes > limits.totalBytes) {
        done(
          new KilnError('QUEUE_FULL', {
            expected: `requests of at most ${limits.totalBytes} bytes together`,
            received: `${bytes} bytes more than the ${held} that are being served`,
          }),
        );
        return;
      }
      held += bytes;
      reply.raw.once('close', () => {
        held -= bytes;
      });
    }
    done();
  };
}
