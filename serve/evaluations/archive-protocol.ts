import type { FileHandle } from 'node:fs/promises';
import type { ArchiveFormat } from '../../data/archive/archive.js';
import type { ArchiveLimits } from '../../data/archive/limits.js';
import type { ErrorReport } from '../../errors/errors.js';
import type { DecodeLimits } from '../../images/decode.js';
import type { LabelledFrames } from './picture-source.js';

/** What archive-source.ts and its thread say to each other. */

export interface ArchiveThreadData {
  /** Handed over: the thread closes it. */
  readonly file: FileHandle;
  /** The model's. */
  readonly labels: readonly string[];
  readonly frame: { readonly height: number; readonly width: number };
  readonly limit: number | undefined;
  readonly archiveLimits: ArchiveLimits;
  readonly decodeLimits: DecodeLimits;
  /** One number in shared memory: `gateOpen`, or `gateShut` while the thread shall begin no further picture. */
  readonly gate: Int32Array;
}

export const gateOpen = 0;
export const gateShut = 1;

export type ArchiveRequest = { readonly kind: 'next'; readonly size: number } | { readonly kind: 'stop' };

/** To `next` comes one `batch` or `failed`; the first message is `opened` or `refused`. */
export type ArchiveReply =
  | { readonly kind: 'opened'; readonly format: ArchiveFormat; readonly count: number }
  | { readonly kind: 'refused'; readonly error: ErrorReport }
  /** Nothing is left when it is undefined. */
  | { readonly kind: 'batch'; readonly batch: LabelledFrames | undefined }
  /** Nothing that the archive is to blame for. */
  | { readonly kind: 'failed'; readonly reason: string };
