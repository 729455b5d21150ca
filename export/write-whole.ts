import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KilnError } from '../errors/errors.js';

/**
 * Writes a file that is there whole or not at all: under another name beside it, flushed, then renamed.
 * A folder that is missing is made.
 * @throws EXPORT_UNWRITABLE with the system's reason; what stood at `path` stays as it was
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw new KilnError('EXPORT_UNWRITABLE', {
      expected: `room for ${bytes.length} bytes at ${path}`,
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
