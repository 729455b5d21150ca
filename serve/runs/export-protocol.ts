import type { ErrorReport } from '../../errors/errors.js';
import type { ExportOptions } from '../../export/export.js';

/** What exporter.ts and export-process.ts say to each other: one order, one reply. */

export type ChildOrder = Pick<ExportOptions, 'source' | 'checkpoint' | 'weights' | 'evaluation' | 'out'>;

export type ChildReply =
  | { readonly kind: 'exported'; readonly step: number; readonly digest: string }
  | { readonly kind: 'refused'; readonly error: ErrorReport }
  /** Nothing that the order is to blame for. */
  | { readonly kind: 'failed'; readonly reason: string };
