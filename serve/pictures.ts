import { KilnError } from '../errors/errors.js';
import { isSmallPng } from '../images/small-png.js';
import type { Row } from '../runtime/worker-pool.js';
import type { Decoder, FrameSize } from './decoder.js';
import type { RowAnswer, Seat } from './seat.js';
import type { Upload } from './uploads.js';

export type PictureOutcome =
  | {
      readonly kind: 'probabilities';
      readonly name: string;
      /** float32 [labels] */
      readonly values: Float32Array;
      readonly timing: PictureTiming;
    }
  | { readonly kind: 'error'; readonly name: string; readonly error: KilnError };

export interface PictureTiming {
  /** From admission until the run began, without the decoding before it. */
  readonly queueMs: number;
  /** From the file to the frame. */
  readonly decodeMs: number;
  /** Of the run that the picture was part of. */
  readonly inferenceMs: number;
}

type Prepared =
  | { readonly kind: 'row'; readonly name: string; readonly row: Row; readonly decodeMs: number }
  | Extract<PictureOutcome, { kind: 'error' }>;

/** A larger PNG is not even looked into on the thread that serves HTTP. */
const smallFileBytes = 128 * 1024;

/**
 * From uploads to probabilities, in their order. Small PNGs are decoded where they run, everything else by the
 * decoder; a picture that fails on the way is its own outcome.
 *
 * @throws KilnError QUEUE_TIMEOUT, or the reason with which the seat was left
 */
export async function runPictures(
  uploads: readonly Upload[],
  seat: Seat,
  decoder: Decoder,
  frame: FrameSize,
): Promise<PictureOutcome[]> {
  const decode = (bytes: Uint8Array) => decoder.decode(bytes, frame, seat.signal);
  const prepared = await Promise.all(uploads.map((upload) => prepare(upload, seat, decode)));
  const answers = await seat.run(
    prepared.flatMap((picture) => (picture.kind === 'row' ? [picture.row] : [])),
  );
  let next = 0;
  return prepared.map((picture) => {
    if (picture.kind === 'error') return picture;
    const answer = answers[next]!;
    next += 1;
    return outcome(picture.name, picture.decodeMs, answer);
  });
}

type Decode = (bytes: Uint8Array) => ReturnType<Decoder['decode']>;

function prepare(upload: Upload, seat: Seat, decode: Decode): Prepared | Promise<Prepared> {
  const { name } = upload;
  if ('error' in upload) return { kind: 'error', name, error: upload.error };
  const { bytes } = upload;
  if (bytes.length <= smallFileBytes && isSmallPng(bytes)) {
    return { kind: 'row', name, row: { kind: 'png', bytes }, decodeMs: 0 };
  }
  return prepareApart(name, bytes, seat, decode);
}

async function prepareApart(name: string, bytes: Uint8Array, seat: Seat, decode: Decode): Promise<Prepared> {
  try {
    const { frame, decodeMs } = await decode(bytes);
    return { kind: 'row', name, row: { kind: 'frame', bytes: frame }, decodeMs };
  } catch (error) {
    if (!(error instanceof KilnError) || seat.signal.aborted) throw error;
    return { kind: 'error', name, error };
  }
}

function outcome(name: string, decodedMs: number, { result, waitedMs }: RowAnswer): PictureOutcome {
  if (result.kind === 'error') {
    return { kind: 'error', name, error: new KilnError(result.error.code, result.error) };
  }
  const { values, inferenceMs } = result;
  const timing = {
    queueMs: Math.max(0, waitedMs - decodedMs),
    decodeMs: decodedMs + result.decodeMs,
    inferenceMs,
  };
  return { kind: 'probabilities', name, values, timing };
}
