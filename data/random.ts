/**
 * Counter-based randomness: every draw is a pure function of a seed and of the counters that name it, so
 * no order of evaluation, number of workers or resumed run can change it.
 *
 * The generator is Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC11, doi:10.1145/2063384.2063405), pinned by the known-answer vectors of its authors.
 */

/** Second word of the key: keeps draws of different purposes apart, whatever their counters are. */
const purposes = { uniform: 0, permutation: 1, normal: 2, uniformNumbers: 3 } as const;

const rounds = 10;
const multipliers = [0xd2511f53, 0xcd9e8d57] as const;
/** Key increments: the golden ratio and √3 − 1, in 32 bits. */
const weyl = [0x9e3779b9, 0xbb67ae85] as const;
const twoTo32 = 2 ** 32;

/** The upper 32 of the 64 bits of a·b, from 16-bit halves: no partial sum exceeds 2³² − 1. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) >>> 0;
  return Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16);
}

/**
 * One block of Philox4x32-10.
 *
 * @param block four words: the counter on entry, the random words on return
 * @param key0 first word of the key
 * @param key1 second word of the key
 */
export function philox(block: Uint32Array, key0: number, key1: number): void {
  let c0 = block[0]!;
  let c1 = block[1]!;
  let c2 = block[2]!;
  let c3 = block[3]!;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multipliers[0], c0);
    const low0 = Math.imul(multipliers[0], c0);
    const high1 = multiplyHigh(multipliers[1], c2);
    const low1 = Math.imul(multipliers[1], c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl[0]) | 0;
    k1 = (k1 + weyl[1]) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

const scratch = new Uint32Array(4);

/**
 * A number in [0, 1), a multiple of 2⁻³², that depends on nothing but the arguments.
 *
 * @param seed a 32-bit unsigned integer
 * @param a,b,c,d counters that name the draw, 32-bit unsigned integers
 */
export function uniform(seed: number, a = 0, b = 0, c = 0, d = 0): number {
  scratch[0] = a;
  scratch[1] = b;
  scratch[2] = c;
  scratch[3] = d;
  philox(scratch, seed, purposes.uniform);
  return scratch[0] / twoTo32;
}

/** The words of consecutive blocks; the sequence is a function of its arguments. */
function words(seed: number, purpose: number, stream: number): () => number {
  const block = new Uint32Array(4);
  let index = 0;
  let used = 4;
  return () => {
    if (used === 4) {
      block[0] = index++;
      block[1] = stream;
      block[2] = 0;
      block[3] = 0;
      philox(block, seed, purpose);
      used = 0;
    }
    return block[used++]!;
  };
}

/** An exactly uniform integer in [0, limit): words beyond the last whole multiple of `limit` are drawn again. */
function integerBelow(limit: number, next: () => number): number {
  const end = twoTo32 - (twoTo32 % limit);
  let word = next();
  while (word >= end) word = next();
  return word % limit;
}

/**
 * A uniformly chosen order of 0 … count − 1 (Fisher–Yates).
 *
 * @param seed a 32-bit unsigned integer
 * @param epoch which of the seed's orders
 * @param count at most 2³²
 */
export function permutation(seed: number, epoch: number, count: number): Uint32Array {
  const next = words(seed, purposes.permutation, epoch);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let last = count - 1; last > 0; last--) {
    const chosen = integerBelow(last + 1, next);
    const held = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = held;
  }
  return order;
}

/**
 * The order in which 0 … count − 1 leave a shuffle buffer: it is filled from the front of the sequence, and what leaves
 * it is drawn uniformly and replaced by the next of the sequence (tf.data's `shuffle(size)`, drained at the end of each
 * epoch). Example i comes at most size − 1 places too early; a buffer of `count` shuffles the whole epoch.
 *
 * @param seed a 32-bit unsigned integer
 * @param epoch which of the seed's orders
 * @param size at least 1; 1 leaves the order as it is
 */
export function bufferedOrder(seed: number, epoch: number, count: number, size: number): Uint32Array {
  const next = words(seed, purposes.permutation, epoch);
  const order = new Uint32Array(count);
  const buffer = new Uint32Array(Math.min(size, count));
  for (let i = 0; i < buffer.length; i++) buffer[i] = i;
  let held = buffer.length;
  let read = buffer.length;
  for (let i = 0; i < count; i++) {
    const chosen = integerBelow(held, next);
    order[i] = buffer[chosen]!;
    if (read < count) buffer[chosen] = read++;
    else buffer[chosen] = buffer[--held]!;
  }
  return order;
}

/**
 * Normal numbers with mean 0, drawn again where they lie beyond two standard deviations, as TensorFlow's
 * truncated_normal does; what remains has a standard deviation of 0.87962 · std. Box–Muller.
 *
 * @param seed a 32-bit unsigned integer
 * @param stream which of the seed's sequences, such as the index of a parameter
 * @param count how many
 * @param std standard deviation before truncation
 */
export function truncatedNormal(seed: number, stream: number, count: number, std: number): Float32Array {
  const next = words(seed, purposes.normal, stream);
  const values = new Float32Array(count);
  let filled = 0;
  while (filled < count) {
    // (0, 1]: the logarithm of zero is never asked for.
    const radius = Math.sqrt(-2 * Math.log((next() + 1) / twoTo32));
    const angle = (2 * Math.PI * next()) / twoTo32;
    const pair = [radius * Math.cos(angle), radius * Math.sin(angle)];
    for (const value of pair) {
      if (Math.abs(value) <= 2 && filled < count) values[filled++] = value * std;
    }
  }
  return values;
}

/**
 * Uniform numbers in [−limit, limit).
 *
 * @param seed a 32-bit unsigned integer
 * @param stream which of the seed's sequences, such as the index of a parameter
 */
export function uniformNumbers(seed: number, stream: number, count: number, limit: number): Float32Array {
  const next = words(seed, purposes.uniformNumbers, stream);
  return Float32Array.from({ length: count }, () => limit * ((2 * next()) / twoTo32 - 1));
}
