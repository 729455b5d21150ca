import { KilnError } from '../errors/errors.js';

/** The refusal of a picture that is not decoded after `decodeMs`; apart from decode.ts, which brings sharp with it. */
export function decodeTimeout(decodeMs: number, cause?: unknown): KilnError {
  return new KilnError('DECODE_TIMEOUT', {
    expected: `a picture that is decoded within ${decodeMs} ms`,
    received: 'one that takes longer',
    cause,
  });
}
