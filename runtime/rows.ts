import type { ErrorReport } from '../errors/errors.js';
import type { BatchOutcome, PackedRow } from './worker-protocol.js';

/** One picture on its way into a batch. */
export type Row =
  /** uint8 RGB in the model's frame, [height, width, 3] (images/frame.ts). */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** A file for which `isSmallPng` holds; decoded and framed in the worker. */
  | { readonly kind: 'png'; readonly bytes: Uint8Array };

export type RowResult =
  | {
      readonly kind: 'probabilities';
      /** float32 [labels] */
      readonly values: Float32Array;
      readonly decodeMs: number;
      /** Of the run that the row was part of. */
      readonly inferenceMs: number;
      /** Rows in that run. */
      readonly batch: number;
    }
  | { readonly kind: 'error'; readonly error: ErrorReport };

interface PackedBatch {
  readonly rows: readonly PackedRow[];
  readonly payload: ArrayBuffer;
}

/**
 * Copies the rows into one buffer that can be transferred. The rows themselves stay whole (a batch may run twice),
 * and a small view of a large buffer does not drag the buffer through the clone.
 */
export function packRows(rows: readonly Row[]): PackedBatch {
  const payload = new Uint8Array(rows.reduce((sum, row) => sum + row.bytes.length, 0));
  let offset = 0;
  const packed = rows.map(({ kind, bytes }) => {
    payload.set(bytes, offset);
    offset += bytes.length;
    return { kind, offset: offset - bytes.length, length: bytes.length };
  });
  return { rows: packed, payload: payload.buffer };
}

/** A worker's answer, row by row. */
export function unpackResults({ rows, probabilities, inferenceMs }: BatchOutcome): RowResult[] {
  const batch = rows.filter((row) => row.kind === 'probabilities').length;
  const labels = probabilities.length / batch;
  return rows.map((row) => {
    if (row.kind === 'error') return row;
    const values = probabilities.subarray(row.index * labels, (row.index + 1) * labels);
    return { kind: 'probabilities', values, decodeMs: row.decodeMs, inferenceMs, batch };
  });
}
