import type { FileHandle } from 'node:fs/promises';
import type { Archive } from './archive.js';
import { cifarFormatOf, openCifar } from './cifar.js';
import { type ArchiveLimits, archiveInvalid } from './limits.js';
import { openTar } from './tar.js';
import { openZip } from './zip.js';

const tarBlock = 512;

/**
 * Opens a file of labelled pictures: a zip or tar(.gz) archive with a folder a class, or CIFAR records. Its kind is what
 * its first bytes say, whatever its name. Everything that can be refused is refused here, before a picture is read.
 *
 * @param file stays open, and the caller's, as long as the pictures are read
 * @param labels the model's, of which the archive may hold some only
 * @throws KilnError ARCHIVE_INVALID for a damaged archive, one that exceeds a limit, leads out of itself or holds no
 *   picture; DATASET_MISMATCH for classes that are not the model's; the signal's reason
 */
export async function openArchive(
  file: FileHandle,
  labels: readonly string[],
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<Archive> {
  const { size } = await file.stat();
  const head = Buffer.alloc(tarBlock);
  await file.read(head, 0, tarBlock, 0);
  if (head[0] === 0x1f && head[1] === 0x8b) return openTar(file, 'tar.gz', labels, limits, signal);
  if (['PK\x03\x04', 'PK\x05\x06'].includes(head.toString('latin1', 0, 4))) {
    return openZip(file, labels, limits, signal);
  }
  if (size >= tarBlock && isTarHeader(head)) return openTar(file, 'tar', labels, limits, signal);
  const cifar = cifarFormatOf(size, labels.length);
  if (cifar !== undefined) return openCifar(file, cifar, labels, signal);
  throw archiveInvalid(
    'a zip or tar(.gz) archive with a folder a class, or CIFAR-10 or CIFAR-100 records',
    `${size} bytes that begin with ${head.toString('hex', 0, 8)}`,
  );
}

/** Every kind of tar has the sum of its header's bytes at 148, octal, counted with spaces in its own place (POSIX, pax). */
function isTarHeader(head: Buffer): boolean {
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return Number.parseInt(head.toString('latin1', 148, 156).trim(), 8) === sum;
}
