import fc from 'fast-check';
import { chunk } from '../../fixtures/png.js';

/** One damage to a file. Places are taken modulo its length. */
type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  /** Four bytes, most significant first or last: lengths, sizes and offsets are written so. */
  | { readonly kind: 'number'; readonly at: number; readonly value: number; readonly little: boolean }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  /** Goes on with another file. */
  | { readonly kind: 'splice'; readonly at: number; readonly with: number; readonly from: number };

/** Half of them where the headers stand. */
const place = fc.oneof(fc.nat({ max: 63 }), fc.nat({ max: 2 ** 20 }));
const length = fc.integer({ min: 1, max: 256 });
const telling = fc.constantFrom(
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0xffff,
  0x10000,
  30_000,
  7_000,
  0x7fffffff,
  0x80000000,
  0xffffffff,
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('number' as const), at: place, value: telling, little: fc.boolean() }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('remove' as const), at: place, length }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  }),
  fc.record({ kind: fc.constant('splice' as const), at: place, with: fc.nat(), from: place }),
);

/** One of the files with one to six damages, and which one it was. */
export function damaged<File extends { readonly bytes: Uint8Array }>(
  files: readonly File[],
): fc.Arbitrary<{ readonly file: File; readonly bytes: Uint8Array }> {
  const all = files.map(({ bytes }) => bytes);
  return fc
    .record({
      file: fc.constantFrom(...files),
      mutations: fc.array(mutation, { minLength: 1, maxLength: 6 }),
      repaired: fc.boolean(),
    })
    .map(({ file, mutations, repaired }) => {
      const bytes = mutations.reduce((before, one) => mutate(before, one, all), file.bytes);
      return { file, bytes: repaired ? withRightChecksums(bytes) : bytes };
    });
}

function mutate(bytes: Uint8Array, one: Mutation, files: readonly Uint8Array[]): Uint8Array {
  const at = one.at % Math.max(1, bytes.length);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (one.kind) {
    case 'flip':
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << one.bit) : byte));
    case 'number': {
      const number = Buffer.alloc(4);
      if (one.little) number.writeUInt32LE(one.value);
      else number.writeUInt32BE(one.value);
      return Buffer.concat([head, number, tail.subarray(4)]);
    }
    case 'cut':
      return head;
    case 'remove':
      return Buffer.concat([head, tail.subarray(one.length)]);
    case 'repeat':
      return Buffer.concat([head, tail.subarray(0, one.length), tail]);
    case 'insert':
      return Buffer.concat([head, one.bytes, tail]);
    case 'splice': {
      const other = files[one.with % files.length]!;
      return Buffer.concat([head, other.subarray(one.from % other.length)]);
    }
  }
}

/** A PNG whose chunks have their checksums again, so that a decoder looks further; anything else as it is. */
function withRightChecksums(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.toString('latin1', 1, 4) !== 'PNG') return bytes;
  const parts = [file.subarray(0, 8)];
  let at = 8;
  while (at + 12 <= file.length) {
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length) break;
    parts.push(Buffer.from(chunk(file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, end))));
    at = end + 4;
  }
  return Buffer.concat([...parts, file.subarray(at)]);
}
