import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { KilnError } from '../errors/errors.js';
import { sizeOf } from '../onnx/shape.js';
import type { StateTensor, StateTensors } from './engine.js';

/**
 * The safetensors format (https://huggingface.co/docs/safetensors, "Format"): 8 bytes little-endian length N of the
 * header; N bytes of JSON, name → { dtype, shape, data_offsets }, where `__metadata__` maps text to text; then the
 * data without holes. Python reads these files with `safetensors.numpy.load_file`.
 *
 * Beside what the format asks for, `__metadata__.sha256` is the digest of the whole file with these 64 digits as
 * zeros: so a flipped bit is found wherever it is.
 */
export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: StateTensors;
}

const lengthBytes = 8;
const noDigest = '0'.repeat(64);
const digestKey = 'sha256';

/** Equal contents give equal bytes: tensors stand in the map's order. */
export function encodeTensors({ metadata, tensors }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { ...metadata, [digestKey]: noDigest } };
  let end = 0;
  for (const [name, { dims, data }] of tensors) {
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces bring the data to a multiple of 8, as the reference writer does.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(lengthBytes + headerBytes + end, ' ');
  file.writeBigUInt64LE(BigInt(headerBytes), 0);
  file.set(json, lengthBytes);
  let offset = lengthBytes + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  file.write(createHash('sha256').update(file).digest('hex'), digestPosition(file, noDigest), 'latin1');
  // As a plain array: a Buffer's `slice` is a view, everybody else's a copy.
  return new Uint8Array(file.buffer, file.byteOffset, file.length);
}

/**
 * Reads what `encodeTensors` wrote.
 * @throws CHECKPOINT_CORRUPT for a file that is cut, longer than it says, or whose digest differs
 */
export function decodeTensors(bytes: Uint8Array): TensorFile {
  const file = Buffer.from(bytes); // a copy, whose digest may be blanked
  if (file.length < lengthBytes) throw corrupt('8 bytes of header length', `${file.length} bytes`);
  const headerBytes = Number(file.readBigUInt64LE(0));
  const dataStart = lengthBytes + headerBytes;
  if (dataStart > file.length)
    throw corrupt(`${dataStart} bytes or more`, `${file.length} bytes: the header is cut`);
  const header = parseHeader(file.toString('utf8', lengthBytes, dataStart));

  const { [digestKey]: digest = '', ...metadata } = header.metadata;
  const last = header.entries.at(-1);
  const size = dataStart + (last?.end ?? 0);
  if (file.length !== size) throw corrupt(`${size} bytes`, `${file.length} bytes`);
  const position = digestPosition(file, digest);
  file.write(noDigest, position, 'latin1');
  const actual = createHash('sha256').update(file).digest('hex');
  if (actual !== digest) throw corrupt(`sha256 ${digest}`, `sha256 ${actual}`);

  const tensors = new Map<string, StateTensor>();
  for (const { name, dims, begin, end } of header.entries) {
    // A copy of its own, because a view must begin at a multiple of 4.
    const data = new Float32Array(Uint8Array.from(file.subarray(dataStart + begin, dataStart + end)).buffer);
    tensors.set(name, { dims, data });
  }
  return { metadata, tensors };
}

/** No header of ours is longer: a length beyond it is that of another file. */
const longestHeader = 2 ** 24;

/**
 * What a file says of itself, from its first bytes alone: neither tensors nor digest are looked at.
 * @throws CHECKPOINT_CORRUPT; what the file system fails with
 */
export async function readTensorMetadata(path: string): Promise<TensorFile['metadata']> {
  const file = await open(path);
  try {
    const length = Buffer.alloc(lengthBytes);
    await file.read(length, 0, lengthBytes, 0);
    const headerBytes = Number(length.readBigUInt64LE(0));
    if (headerBytes > longestHeader)
      throw corrupt(`a header of at most ${longestHeader} bytes`, `${headerBytes}`);
    const header = Buffer.alloc(headerBytes);
    await file.read(header, 0, headerBytes, lengthBytes);
    return parseHeader(header.toString('utf8')).metadata;
  } finally {
    await file.close();
  }
}

/** Where the digest's digits stand; the metadata come first in the header. */
function digestPosition(file: Buffer, digest: string): number {
  const key = `"${digestKey}":"`;
  const position = digest.length === noDigest.length ? file.indexOf(`${key}${digest}"`) : -1;
  if (position < 0) throw corrupt('a digest of 64 digits', `"${digest}"`);
  return position + key.length;
}

interface Entry {
  readonly name: string;
  readonly dims: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(text: string): { metadata: Record<string, string>; entries: readonly Entry[] } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw corrupt('a header in JSON', excerpt(text), error);
  }
  if (!isRecord(header)) throw corrupt('a header that is an object', excerpt(text));
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata)) throw corrupt('__metadata__ that is an object', excerpt(text));
  const entries: Entry[] = [];
  for (const [name, entry] of Object.entries(rest)) {
    const begin = entries.at(-1)?.end ?? 0;
    entries.push(parseEntry(name, entry, begin));
  }
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
    entries,
  };
}

function parseEntry(name: string, entry: unknown, begin: number): Entry {
  if (isRecord(entry) && entry.dtype === 'F32' && isCounts(entry.shape) && isCounts(entry.data_offsets)) {
    const end = begin + sizeOf(entry.shape) * Float32Array.BYTES_PER_ELEMENT;
    if (entry.data_offsets[0] === begin && entry.data_offsets[1] === end) {
      return { name, dims: entry.shape, begin, end };
    }
  }
  throw corrupt(`${name} as F32 from offset ${begin} on`, excerpt(JSON.stringify(entry)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function corrupt(expected: string, received: string, cause?: unknown): KilnError {
  return new KilnError('CHECKPOINT_CORRUPT', { expected, received, cause });
}
