import { roundToEven } from './rounding.js';

/** The largest finite number that float16 (IEEE 754 binary16) holds. */
export const largestFloat16 = 65_504;

const word = new DataView(new ArrayBuffer(4));

/**
 * float32 to the bits of the nearest float16, ties to even, as IEEE 754 rounds: what is too small for a normal number
 * becomes a subnormal one or a zero of its sign, what is too large an infinity; a NaN stays one.
 */
export function toFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, bitsOf);
}

/** The numbers behind the bits; exact. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

function bitsOf(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x4780_0000) return sign | 0x7c00; // 2^16 and more
  if (magnitude < 0x3880_0000) {
    // Below 2^-14 the spacing is 2^-24 throughout; the product is exact, and float64 has room for the tie.
    return sign | roundToEven(Math.abs(value) * 2 ** 24);
  }
  // The exponent's bias falls from 127 to 15. A fraction that rounds up to 1024 carries into the exponent, as it should,
  // and from the largest exponent into infinity.
  return sign | roundToEven((magnitude - 0x3800_0000) / 0x2000);
}
