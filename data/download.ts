import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { KilnError } from '../errors/errors.js';
import { cifar10Files, cifar10Folder } from './cifar10.js';
import { exists, firstAbsent } from './presence.js';

/** A published archive, known by its size and checksum. */
export interface Archive {
  /** Where `file` is published; ends in a slash. */
  readonly baseUrl: string;
  readonly file: string;
  readonly bytes: number;
  /** hex */
  readonly sha256: string;
  /** The folder that the archive unpacks to. */
  readonly folder: string;
  /** What that folder must contain. */
  readonly files: readonly string[];
}

export const cifar10Archive: Archive = {
  baseUrl: 'https://www.cs.toronto.edu/~kriz/',
  file: 'cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  folder: cifar10Folder,
  files: cifar10Files,
};

export interface DownloadOptions {
  /** Called after every piece, with bytes; `received` starts where an earlier attempt ended. */
  readonly onProgress?: (progress: { received: number; total: number }) => void;
  /** Stops the download; what has come stays and is resumed next time. */
  readonly signal?: AbortSignal;
}

/**
 * Downloads, verifies and unpacks an archive; nothing is unpacked before its checksum is right, and the
 * folder appears whole or not at all. A folder that is already there is left as it is. A connection that
 * breaks is resumed for as long as every attempt gains bytes; a later call resumes too, from
 * `<dataDir>/<file>.part`.
 *
 * @returns the unpacked folder
 * @throws KilnError DATASET_CORRUPT where the folder is there, but lacks a file
 * @throws KilnError DOWNLOAD_FAILED without a network or where the server refuses
 * @throws KilnError DOWNLOAD_CORRUPT where size or checksum differ; the partial file is removed
 */
export async function downloadArchive(
  archive: Archive,
  dataDir: string,
  options: DownloadOptions = {},
): Promise<string> {
  const folder = join(dataDir, archive.folder);
  if (await exists(folder)) {
    await requireFiles(archive, folder);
    return folder;
  }

  await mkdir(dataDir, { recursive: true });
  const part = join(dataDir, `${archive.file}.part`);
  await fetchWhole(archive, part, options);
  await verify(archive, part);
  await unpack(archive, part, dataDir);
  await rm(part);
  return folder;
}

/** What is there may be the user's own: it is neither completed nor replaced. */
async function requireFiles(archive: Archive, folder: string): Promise<void> {
  const absent = await firstAbsent(folder, archive.files);
  if (absent === undefined) return;
  throw new KilnError('DATASET_CORRUPT', {
    message: `The folder ${archive.folder} is incomplete: remove it, and it will be downloaded whole.`,
    expected: `${archive.files.join(', ')} in ${folder}, or no such folder`,
    received: `no ${absent}`,
  });
}

async function fetchWhole(archive: Archive, part: string, options: DownloadOptions): Promise<void> {
  let received = await sizeOf(part);
  while (received < archive.bytes) {
    const before = received;
    const failure = await fetchRest(archive, part, before, options).then(
      () => undefined,
      (error: unknown) => error,
    );
    options.signal?.throwIfAborted();
    if (failure instanceof KilnError) {
      if (failure.code === 'DOWNLOAD_CORRUPT') await rm(part);
      throw failure;
    }
    received = await sizeOf(part);
    if (received <= before) throw unreachable(archive, part, failure ?? 'the connection ended early');
  }
}

/** One request for what is missing, appended to the partial file as it comes. */
async function fetchRest(
  archive: Archive,
  part: string,
  from: number,
  options: DownloadOptions,
): Promise<void> {
  const response = await fetch(new URL(archive.file, archive.baseUrl), {
    headers: from > 0 ? { range: `bytes=${from}-` } : {},
    ...(options.signal && { signal: options.signal }),
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw unreachable(archive, part, `HTTP ${response.status} ${response.statusText}`.trim());
  }
  const start = startOf(response);
  if (start !== 0 && start !== from) {
    await response.body.cancel();
    throw unreachable(archive, part, `bytes from ${start} on, though those from ${from} on were asked for`);
  }
  const output = await open(part, start === 0 ? 'w' : 'a');
  try {
    let received = start;
    for await (const piece of response.body) {
      received += piece.length;
      if (received > archive.bytes) throw oversized(archive, received);
      await output.writeFile(piece);
      options.onProgress?.({ received, total: archive.bytes });
    }
  } finally {
    await output.close();
  }
}

/** The offset of the first byte sent; 0 for a server that does not know ranges and answers 200. */
function startOf(response: Response): number {
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return response.status === 206 && range !== null ? Number(range[1]) : 0;
}

function oversized(archive: Archive, received: number): KilnError {
  return new KilnError('DOWNLOAD_CORRUPT', {
    expected: `${archive.bytes} bytes of ${archive.file}`,
    received: `at least ${received} bytes from ${archive.baseUrl}`,
  });
}

async function verify(archive: Archive, part: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(part), hash);
  const sha256 = hash.digest('hex');
  const bytes = await sizeOf(part);
  if (bytes === archive.bytes && sha256 === archive.sha256) return;
  // Kept, it would be found complete next time and refused for ever.
  await rm(part);
  throw new KilnError('DOWNLOAD_CORRUPT', {
    expected: `${archive.file} of ${archive.bytes} bytes with sha256 ${archive.sha256}`,
    received: `${bytes} bytes with sha256 ${sha256}`,
  });
}

/** Beside its final place, so that the last step is one rename on one file system. */
async function unpack(archive: Archive, part: string, dataDir: string): Promise<void> {
  const scratch = await mkdtemp(join(dataDir, '.unpacking-'));
  try {
    await extract({ file: part, cwd: scratch, strict: true });
    await rename(join(scratch, archive.folder), join(dataDir, archive.folder));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function unreachable(archive: Archive, part: string, reason: unknown): KilnError {
  return new KilnError('DOWNLOAD_FAILED', {
    message:
      `${archive.file} could not be downloaded. Where there is no network, unpack a copy of it and name ` +
      `the folder that contains ${archive.folder} by --data-dir.`,
    expected: `${archive.bytes} bytes from ${new URL(archive.file, archive.baseUrl)}; what came is kept in ${part}`,
    received: describe(reason),
    cause: reason,
  });
}

/** fetch says "fetch failed"; why it failed stands in the cause. */
function describe(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  return reason.cause instanceof Error ? `${reason.message}: ${reason.cause.message}` : reason.message;
}

async function sizeOf(path: string): Promise<number> {
  return (await exists(path)) ? (await stat(path)).size : 0;
}
