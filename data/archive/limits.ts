import { KilnError } from '../../errors/errors.js';

/** What an archive may unfold to. */
export interface ArchiveLimits {
  /** Entries, folders and hidden ones included. */
  readonly entries: number;
  /** Unpacked bytes of one entry. */
  readonly entryBytes: number;
  /** Unpacked bytes of all entries. */
  readonly unpackedBytes: number;
  /** Unpacked to packed bytes, of an entry and of the archive; pictures are packed already. */
  readonly ratio: number;
  /** Bytes of an entry's name. */
  readonly nameBytes: number;
  /** Folders above a picture. */
  readonly depth: number;
}

const mebibyte = 1024 ** 2;

export const defaultArchiveLimits: ArchiveLimits = {
  entries: 200_000,
  entryBytes: 10 * mebibyte,
  unpackedBytes: 4096 * mebibyte,
  ratio: 100,
  nameBytes: 1024,
  depth: 16,
};

/** Up to here a ratio says nothing: a few hundred bytes of one colour pack a thousandfold. */
const negligible = mebibyte;

/** Whether so much came out of so little that it is meant to do harm. */
export function isBomb(unpacked: number, packed: number, { ratio }: ArchiveLimits): boolean {
  return unpacked > negligible && unpacked > packed * ratio;
}

export function archiveInvalid(expected: string, received: string, cause?: unknown): KilnError {
  return new KilnError('ARCHIVE_INVALID', { expected, received, cause });
}

/** A name out of an archive, fit for a message: no control characters, no novels. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 99)}…` : name);
}

/** What a library says of a damaged archive, as a refusal; ours stay as they are. */
export function asArchiveError(error: unknown, format: string): unknown {
  if (error instanceof KilnError || !(error instanceof Error)) return error;
  if ('syscall' in error) return error; // the disk, not the archive
  return archiveInvalid(`a whole ${format} archive`, error.message.slice(0, 200), error);
}
