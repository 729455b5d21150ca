import { KilnError } from '../../errors/errors.js';

/** How far an FP32 pixel may be from the whole number it stands for. */
const tolerance = 1e-3;

/** Longest excerpt of a value that a refusal shows. */
const excerptLength = 40;

/**
 * Pixels from a JSON tensor, nested like `shape` or flat, row-major.
 *
 * @param datatype of UINT8 only integers are pixels, of FP32 what is within 10⁻³ of one
 * @returns as many bytes as `shape` has elements
 * @throws KilnError REQUEST_INVALID naming the first element that does not fit
 */
export function pixelsOfJson(
  data: readonly unknown[],
  shape: readonly number[],
  datatype: 'UINT8' | 'FP32',
): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const pixels = new Uint8Array(count);
  const slack = datatype === 'UINT8' ? 0 : tolerance;
  if (Array.isArray(data[0])) {
    fillNested(pixels, 0, data, shape, slack);
    return pixels;
  }
  assertElements(data.length, count);
  fill(pixels, 0, data, slack);
  return pixels;
}

/**
 * Pixels from little-endian FP32, any alignment.
 *
 * @throws KilnError REQUEST_INVALID naming the first element that is not within 10⁻³ of an integer 0 … 255
 */
export function pixelsOfFloats(bytes: Uint8Array): Uint8Array {
  const floats = new Float32Array(new Uint8Array(bytes).buffer);
  const pixels = new Uint8Array(floats.length);
  fill(pixels, 0, floats, tolerance);
  return pixels;
}

function fillNested(
  pixels: Uint8Array,
  offset: number,
  data: readonly unknown[],
  [size, ...inner]: readonly number[],
  slack: number,
): void {
  assertElements(data.length, size ?? 0, `the part of data at element ${offset}`);
  if (inner.length === 0) {
    fill(pixels, offset, data, slack);
    return;
  }
  const stride = inner.reduce((product, one) => product * one, 1);
  for (const [index, part] of data.entries()) {
    const first = offset + index * stride;
    if (!Array.isArray(part)) throw invalid(`a list at element ${first} of data`, part);
    fillNested(pixels, first, part, inner, slack);
  }
}

function fill(pixels: Uint8Array, offset: number, data: ArrayLike<unknown>, slack: number): void {
  for (let index = 0; index < data.length; index += 1) {
    const value = data[index];
    const pixel = typeof value === 'number' ? Math.round(value) : Number.NaN;
    // Written so that NaN is refused.
    if (!(pixel >= 0 && pixel <= 255 && Math.abs(Number(value) - pixel) <= slack)) {
      throw invalid(`a whole number from 0 to 255 as element ${offset + index} of data`, value);
    }
    pixels[offset + index] = pixel;
  }
}

/** @throws KilnError REQUEST_INVALID */
export function assertElements(received: number, expected: number, where = 'data'): void {
  if (received === expected) return;
  throw new KilnError('REQUEST_INVALID', {
    expected: `${expected} elements in ${where}, as its shape says`,
    received: String(received),
  });
}

function invalid(expected: string, value: unknown): KilnError {
  const received = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return new KilnError('REQUEST_INVALID', { expected, received: received.slice(0, excerptLength) });
}
