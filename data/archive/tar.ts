import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import type { Archive, ArchivedPicture } from './archive.js';
import { LayoutScan } from './layout.js';
import { type ArchiveLimits, archiveInvalid, asArchiveError, isBomb, quoted } from './limits.js';

type TarFormat = 'tar' | 'tar.gz';

/**
 * Reads a tar archive once from end to end to check all of it, without keeping what it holds; `pictures` reads it again.
 *
 * @param labels the model's; each folder of pictures is named as one of them
 * @throws KilnError ARCHIVE_INVALID, DATASET_MISMATCH; the signal's reason
 */
export async function openTar(
  file: FileHandle,
  format: TarFormat,
  labels: readonly string[],
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<Archive> {
  const scan = new LayoutScan(labels, limits);
  const look = (entry: ReadEntry): void => {
    const isFile = isPlainFile(entry);
    scan.add(entry.path, isFile);
    if (isFile && entry.size > limits.entryBytes) {
      throw archiveInvalid(
        `entries of at most ${limits.entryBytes} bytes`,
        `${quoted(entry.path)} of ${entry.size}`,
      );
    }
    entry.resume();
  };
  try {
    for await (const _chunk of parsed(unpacked(file, format, limits), look)) signal.throwIfAborted();
    const { count, passedOver, labelOf } = scan.finish();
    const pictures = () => readPictures(unpacked(file, format, limits), labelOf);
    return { format, count, passedOver, pictures };
  } catch (error) {
    signal.throwIfAborted();
    throw asArchiveError(error, format);
  }
}

function isPlainFile({ type }: ReadEntry): boolean {
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
}

/** The tar stream, bounded. */
async function* unpacked(
  file: FileHandle,
  format: TarFormat,
  limits: ArchiveLimits,
): AsyncGenerator<Uint8Array> {
  const source = file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
  if (format === 'tar') {
    yield* source;
    return;
  }
  let total = 0;
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  for await (const chunk of source.pipe(gunzip)) {
    total += chunk.length;
    if (total > limits.unpackedBytes)
      throw archiveInvalid(`at most ${limits.unpackedBytes} bytes unpacked`, 'more');
    if (isBomb(total, gunzip.bytesWritten, limits)) {
      throw archiveInvalid(
        `an archive that unpacks to at most ${limits.ratio} times its size`,
        `${total} bytes out of ${gunzip.bytesWritten}`,
      );
    }
    yield chunk;
  }
}

/** Parses chunk by chunk; an entry whose end a chunk holds has ended when the chunk is given on. */
async function* parsed(
  chunks: AsyncIterable<Uint8Array>,
  onEntry: (entry: ReadEntry) => void,
): AsyncGenerator<void> {
  let failure: unknown;
  const parser = new Parser({ strict: true, gzip: false, onReadEntry: onEntry });
  parser.on('error', (error) => {
    failure ??= error;
  });
  for await (const chunk of chunks) {
    parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (failure !== undefined) throw failure;
    yield;
  }
  parser.end();
  if (failure !== undefined) throw failure;
  yield;
}

async function* readPictures(
  chunks: AsyncIterable<Uint8Array>,
  labelOf: (name: string) => number | undefined,
): AsyncGenerator<ArchivedPicture> {
  const whole: ArchivedPicture[] = [];
  const collect = (entry: ReadEntry): void => {
    const label = isPlainFile(entry) ? labelOf(entry.path) : undefined;
    if (label === undefined) {
      entry.resume();
      return;
    }
    const parts: Buffer[] = [];
    entry.on('data', (part) => parts.push(part));
    entry.on('end', () => {
      whole.push({ name: entry.path, label, content: { kind: 'file', bytes: Buffer.concat(parts) } });
    });
  };
  for await (const _chunk of parsed(chunks, collect)) yield* whole.splice(0);
}
