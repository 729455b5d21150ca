import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { KilnError } from '../../errors/errors.js';

/** An upload that lies in a temporary file. */
export interface SpooledUpload {
  /** What the client calls it. */
  readonly name: string;
  /** sha256 (hex) of its bytes. */
  readonly digest: string;
  readonly file: FileHandle;
  /** Closes the file, unless it was handed to a thread that closed it, and removes what is left. Never rejects. */
  discard(): Promise<void>;
}

/**
 * Writes what arrives into a temporary file, however slowly.
 *
 * @param most bytes
 * @throws KilnError REQUEST_TOO_LARGE above `most`, REQUEST_INVALID where it breaks off; the signal's reason; what the
 *   disk fails with
 */
export async function spool(
  name: string,
  stream: Readable,
  most: number,
  signal: AbortSignal,
): Promise<SpooledUpload> {
  signal.throwIfAborted();
  const { file, discard } = await temporaryFile();
  const abort = (): void => void stream.destroy(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most) {
        throw new KilnError('REQUEST_TOO_LARGE', {
          expected: `an archive of at most ${most} bytes`,
          received: 'more',
        });
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    return { name, digest: hash.digest('hex'), file, discard };
  } catch (error) {
    await discard();
    signal.throwIfAborted();
    throw isGone(error) ? clientGone(error) : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function isGone(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  return error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function clientGone(cause: unknown): KilnError {
  return new KilnError('REQUEST_INVALID', {
    expected: 'a whole upload',
    received: 'one that broke off',
    cause,
  });
}

/** Its name goes at once where the system allows that: then nothing is left even when the process is killed. */
async function temporaryFile(): Promise<Pick<SpooledUpload, 'file' | 'discard'>> {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-'));
  const file = await open(join(folder, 'upload'), 'wx+', 0o600);
  const remove = () => rm(folder, { recursive: true, force: true }).catch(() => {});
  await remove();
  return {
    file,
    async discard() {
      await file.close().catch(() => {});
      await remove();
    },
  };
}
