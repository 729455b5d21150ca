import { KilnError } from '../errors/errors.js';

/** Decoded pixels: uint8 RGBA, sRGB, orientation already applied. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height, width, 4] */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The rule's name as it stands in a model file. */
export const frameRule = 'oriented, sRGB, over white, centre square, area down, bilinear up';

/**
 * Which source samples make one target sample, and with what weights. All weights are integers and the
 * weights of one target sample sum to `total`, so a mean is exact until its one rounding.
 */
interface Taps {
  readonly total: number;
  /** Of each target sample: its first source index (the crop's offset added) and its number of taps. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Room for `stride` weights a target sample. */
  readonly stride: number;
  readonly weights: Float64Array;
}

/**
 * Brings any picture to a network's frame; the only place where kiln does this, in every runtime.
 *
 * 1. Alpha is composited over white, on the sRGB values.
 * 2. The largest centred rectangle of the frame's aspect ratio is kept (whole pixels; an odd rest goes right
 *    and below).
 * 3. Each axis is resampled: where it shrinks, the exact mean over the area of a target pixel; where it
 *    grows, linear interpolation between pixel centres at half-integer positions, edges repeated.
 *
 * All of it is integer arithmetic (below 2^53 up to 10^11 pixels) with one rounding at the end, half up:
 * equal pixels give equal bytes on every machine. An opaque picture of the frame's size comes back unchanged.
 *
 * @returns uint8 RGB, [height, width, 3]
 * @throws SHAPE_MISMATCH when `pixels.data` is not [pixels.height, pixels.width, 4]
 */
export function toFrame(pixels: Pixels, height: number, width: number): Uint8Array {
  checkSize(pixels);
  if (pixels.width === width && pixels.height === height) return overWhite(pixels);
  const crop = centre(pixels, height, width);
  const rows = taps(crop.top, crop.height, height);
  const columns = taps(crop.left, crop.width, width);
  const frame = new Uint8Array(height * width * 3);
  const divisor = 255 * rows.total * columns.total;
  const sums = new Float64Array(width * 3);
  // Neighbouring target rows share at most their border rows, which come in order: two row buffers suffice.
  const buffers = [new Float64Array(width * 3), new Float64Array(width * 3)] as const;
  let done = -1;
  for (let y = 0; y < height; y += 1) {
    sums.fill(0);
    const first = rows.first[y]!;
    for (let tap = 0; tap < rows.count[y]!; tap += 1) {
      const row = first + tap;
      const buffer = buffers[row % 2 === 0 ? 0 : 1];
      if (row > done) {
        resampleRow(pixels, row, columns, buffer);
        done = row;
      }
      const weight = rows.weights[y * rows.stride + tap]!;
      for (let i = 0; i < sums.length; i += 1) sums[i]! += weight * buffer[i]!;
    }
    const offset = y * width * 3;
    for (let i = 0; i < sums.length; i += 1) {
      frame[offset + i] = Math.floor((2 * sums[i]! + divisor) / (2 * divisor));
    }
  }
  return frame; // [height, width, 3]
}

/** Nothing to resample: one pass. */
function overWhite({ data }: Pixels): Uint8Array {
  const frame = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3]!;
    const rest = 2 * 255 * (255 - alpha) + 255; // white, and half of the divisor
    frame[to] = Math.floor((2 * data[from]! * alpha + rest) / 510);
    frame[to + 1] = Math.floor((2 * data[from + 1]! * alpha + rest) / 510);
    frame[to + 2] = Math.floor((2 * data[from + 2]! * alpha + rest) / 510);
  }
  return frame;
}

function checkSize(pixels: Pixels): void {
  if (pixels.width >= 1 && pixels.height >= 1 && pixels.data.length === pixels.height * pixels.width * 4)
    return;
  throw new KilnError('SHAPE_MISMATCH', {
    expected: `RGBA pixels [${pixels.height}, ${pixels.width}, 4], at least one`,
    received: `${pixels.data.length} bytes`,
  });
}

function centre(pixels: Pixels, height: number, width: number) {
  const wide = pixels.width * height > pixels.height * width;
  const cropWidth = wide ? Math.max(1, Math.round((pixels.height * width) / height)) : pixels.width;
  const cropHeight = wide ? pixels.height : Math.max(1, Math.round((pixels.width * height) / width));
  return {
    width: cropWidth,
    height: cropHeight,
    left: Math.floor((pixels.width - cropWidth) / 2),
    top: Math.floor((pixels.height - cropHeight) / 2),
  };
}

function taps(offset: number, source: number, target: number): Taps {
  return source >= target ? areaTaps(offset, source, target) : linearTaps(offset, source, target);
}

function emptyTaps(total: number, target: number, stride: number): Taps {
  const [first, count] = [new Int32Array(target), new Int32Array(target)];
  return { total, first, count, stride, weights: new Float64Array(target * stride) };
}

/** In units of 1/target source pixel, target pixel i covers [i·source, (i+1)·source), source pixel s [s·target, (s+1)·target). */
function areaTaps(offset: number, source: number, target: number): Taps {
  const taps = emptyTaps(source, target, Math.ceil(source / target) + 1);
  for (let i = 0; i < target; i += 1) {
    const from = i * source;
    const to = from + source;
    const begin = Math.floor(from / target);
    const count = Math.ceil(to / target) - begin;
    taps.first[i] = offset + begin;
    taps.count[i] = count;
    for (let tap = 0; tap < count; tap += 1) {
      const left = (begin + tap) * target;
      taps.weights[i * taps.stride + tap] = Math.min(to, left + target) - Math.max(from, left);
    }
  }
  return taps;
}

/** The centre of target pixel i lies at ((2i+1)·source − target) / (2·target) between source centres. */
function linearTaps(offset: number, source: number, target: number): Taps {
  const total = 2 * target;
  const taps = emptyTaps(total, target, 2);
  for (let i = 0; i < target; i += 1) {
    const position = Math.min(Math.max((2 * i + 1) * source - target, 0), (source - 1) * total);
    const begin = Math.floor(position / total);
    const rest = position - begin * total;
    taps.first[i] = offset + begin;
    taps.count[i] = rest === 0 ? 1 : 2;
    taps.weights.set([total - rest, rest], 2 * i);
  }
  return taps;
}

/** One source row, over white (times 255) and resampled along x, into `out` [width, 3]. */
function resampleRow(pixels: Pixels, row: number, columns: Taps, out: Float64Array): void {
  const { data } = pixels;
  const base = row * pixels.width * 4;
  for (let x = 0, at = 0; x < columns.first.length; x += 1, at += 3) {
    const end = x * columns.stride + columns.count[x]!;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (
      let tap = x * columns.stride, pixel = base + columns.first[x]! * 4;
      tap < end;
      tap += 1, pixel += 4
    ) {
      const weight = columns.weights[tap]!;
      const alpha = data[pixel + 3]!;
      const white = 255 * (255 - alpha);
      red += weight * (data[pixel]! * alpha + white);
      green += weight * (data[pixel + 1]! * alpha + white);
      blue += weight * (data[pixel + 2]! * alpha + white);
    }
    out[at] = red;
    out[at + 1] = green;
    out[at + 2] = blue;
  }
}
