import type { FileHandle } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { crc32 } from '../../images/crc32.js';
import type { Archive, ArchivedPicture, PictureContent } from './archive.js';
import { LayoutScan } from './layout.js';
import { type ArchiveLimits, archiveInvalid, asArchiveError, isBomb, quoted } from './limits.js';

/**
 * Reads a zip archive's directory and checks all of it; the pictures stay where they are until they are asked for.
 *
 * @param labels the model's; each folder of pictures is named as one of them
 * @throws KilnError ARCHIVE_INVALID, DATASET_MISMATCH; the signal's reason
 */
export async function openZip(
  file: FileHandle,
  labels: readonly string[],
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<Archive> {
  try {
    const zip = await fromFdPromise(file.fd, { autoClose: false });
    if (zip.entryCount > limits.entries) {
      throw archiveInvalid(`at most ${limits.entries} entries`, `${zip.entryCount}`);
    }
    const scan = new LayoutScan(labels, limits);
    const files: Entry[] = [];
    let unpacked = 0;
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      const isFile = isPlainFile(entry);
      scan.add(entry.fileName, isFile);
      if (!isFile) continue;
      check(entry, limits);
      unpacked += entry.uncompressedSize;
      files.push(entry);
    }
    checkAll(unpacked, zip.fileSize, limits);
    const { count, passedOver, labelOf } = scan.finish();
    const pictures = () => readPictures(zip, file, files, labelOf);
    return { format: 'zip', count, passedOver, pictures };
  } catch (error) {
    signal.throwIfAborted();
    throw asArchiveError(error, 'zip');
  }
}

/** The file type bits of a Unix mode, in the upper half of the attributes (PKWARE's APPNOTE, 4.4.15). */
const typeMask = 0o170000;
const regular = 0o100000;

function isPlainFile(entry: Entry): boolean {
  const type = (entry.externalFileAttributes >>> 16) & typeMask;
  return !entry.fileName.endsWith('/') && (type === 0 || type === regular);
}

function check(entry: Entry, limits: ArchiveLimits): void {
  const { fileName, uncompressedSize, compressedSize, compressionMethod } = entry;
  if (!entry.canDecodeFileData()) {
    const received = entry.isEncrypted() ? 'encrypted' : `method ${compressionMethod}`;
    throw archiveInvalid('entries that are stored or deflated', `${quoted(fileName)}, ${received}`);
  }
  if (uncompressedSize > limits.entryBytes) {
    throw archiveInvalid(
      `entries of at most ${limits.entryBytes} bytes`,
      `${quoted(fileName)} of ${uncompressedSize}`,
    );
  }
  if (isBomb(uncompressedSize, compressedSize, limits)) {
    throw archiveInvalid(
      `entries that unpack to at most ${limits.ratio} times their size`,
      `${quoted(fileName)}: ${compressedSize} bytes to ${uncompressedSize}`,
    );
  }
}

/** Entries may share packed bytes, so that each is harmless and their sum is not. */
function checkAll(unpacked: number, packed: number, limits: ArchiveLimits): void {
  if (unpacked > limits.unpackedBytes) {
    throw archiveInvalid(`at most ${limits.unpackedBytes} bytes unpacked`, `${unpacked}`);
  }
  if (isBomb(unpacked, packed, limits)) {
    throw archiveInvalid(
      `an archive that unpacks to at most ${limits.ratio} times its size`,
      `${packed} bytes to ${unpacked}`,
    );
  }
}

async function* readPictures(
  zip: ZipFile,
  file: FileHandle,
  entries: readonly Entry[],
  labelOf: (name: string) => number | undefined,
): AsyncGenerator<ArchivedPicture> {
  for (const entry of entries) {
    const label = labelOf(entry.fileName);
    if (label === undefined) continue;
    yield { name: entry.fileName, label, content: await read(zip, file, entry) };
  }
}

async function read(zip: ZipFile, file: FileHandle, entry: Entry): Promise<PictureContent> {
  try {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const packed = Buffer.allocUnsafe(entry.compressedSize);
    const { bytesRead } = await file.read(packed, 0, packed.length, fileDataStart);
    if (bytesRead < packed.length) return { kind: 'damaged', reason: 'the archive ends before it' };
    const bytes = unpack(packed, entry);
    if (bytes.length !== entry.uncompressedSize || crc32(bytes) !== entry.crc32) {
      return { kind: 'damaged', reason: 'its checksum is not what the archive says' };
    }
    return { kind: 'file', bytes };
  } catch (error) {
    const refusal = asArchiveError(error, 'zip');
    if (refusal === error) throw error;
    return { kind: 'damaged', reason: 'it cannot be unpacked' };
  }
}

function unpack(packed: Uint8Array, { compressionMethod, uncompressedSize }: Entry): Uint8Array {
  if (compressionMethod === 0) return packed;
  return inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
}
