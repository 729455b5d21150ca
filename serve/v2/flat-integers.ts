/** A document's large list, read apart from the rest. */
export interface FlatIntegers {
  /** The elements in their order. */
  readonly values: Uint8Array;
  /** The document with `null` in place of the list; valid JSON exactly where the document is. */
  readonly rest: string;
}

const key = Buffer.from('"data"');
const [tab, newline, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];
const [comma, colon, open, close, backslash] = [0x2c, 0x3a, 0x5b, 0x5d, 0x5c];
const [zero, nine] = [0x30, 0x39];

/**
 * Reads the flat list of integers 0 … 255 under the only key `data` straight from the bytes, in a third of the time
 * that JSON.parse takes; undefined where there are several, or it holds anything else.
 *
 * An unescaped `"data"` is a whole string in any valid document, and with a colon behind it a key. Whose key it is
 * shows when the rest is parsed: whoever finds no `null` at the expected place has to parse the document itself.
 */
export function extractFlatIntegers(json: Buffer): FlatIntegers | undefined {
  const found = json.indexOf(key);
  if (found <= 0 || json[found - 1] === backslash) return undefined;
  let at = skipSpace(json, found + key.length);
  if (json[at] !== colon) return undefined;
  const begin = skipSpace(json, at + 1);
  if (json[begin] !== open) return undefined;
  at = begin;
  const values = new Uint8Array((json.length - begin) >> 1); // an element takes two bytes or more
  let count = 0;
  do {
    const first = skipSpace(json, at + 1);
    let value = 0;
    for (at = first; isDigit(json[at]); at += 1) value = value * 10 + json[at]! - zero;
    const digits = at - first;
    // No digits, more than a byte holds, or a leading zero: JSON.parse is to decide.
    if (digits === 0 || value > 255 || (digits > 1 && json[first] === zero)) return undefined;
    values[count] = value;
    count += 1;
    at = skipSpace(json, at);
  } while (json[at] === comma);
  if (json[at] !== close || json.includes(key, at)) return undefined;
  return {
    values: values.subarray(0, count),
    rest: `${json.toString('utf8', 0, begin)}null${json.toString('utf8', at + 1)}`,
  };
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}

function skipSpace(json: Buffer, from: number): number {
  for (let at = from; ; at += 1) {
    const byte = json[at];
    if (byte !== space && byte !== newline && byte !== carriageReturn && byte !== tab) return at;
  }
}
