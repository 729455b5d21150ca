import { createHash } from 'node:crypto';

/** sha256 (hex) of a model file's bytes: by it the service, the page and a card name the same model. */
export function modelDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
