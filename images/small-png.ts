import { inflateSync } from 'node:zlib';
import { crc32 } from './crc32.js';
import { type Pixels, toFrame } from './frame.js';
import { sniff } from './sniff.js';

/**
 * A decoder for the pictures that a CIFAR-sized service sees most: small plain PNGs. It runs where inference
 * runs, because sharp's fixed cost (0.4 core-ms a picture, mostly thread hand-over) exceeds the network's own
 * at this size, while this takes 0.06 ms for 32×32 (fast-png: 0.09). It never reads further than the header
 * promises, so no small file can unfold into a large one. What it does not decode is left to sharp.
 */

/** Above this, sharp is as fast. */
const maxPixels = 128 * 128;

const channelsOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const satisfies Record<number, number>;
type ColourType = keyof typeof channelsOf;

/** Chunks that cannot change a pixel's colour, or that this decoder understands. gAMA, cHRM, iCCP, eXIf, acTL are not. */
const known = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'sRGB', 'pHYs', 'tEXt', 'tIME']);

/** Chunks that must stand before the pixels. */
const colours = { PLTE: true, tRNS: true };

interface PlainPng {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4 | 8;
  readonly colourType: ColourType;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  readonly data: readonly Uint8Array[];
}

/** Whether `decodeSmallPng` takes this file; reads the chunks' headers, inflates nothing. */
export function isSmallPng(bytes: Uint8Array): boolean {
  return parse(bytes) !== undefined;
}

/**
 * Decodes a whole, small (at most 128×128 pixels), not interlaced PNG of at most 8 bits a sample that carries no
 * colour management, orientation or animation.
 * @returns undefined for anything else, damaged files included: sharp has the last word on those
 */
export function decodeSmallPng(bytes: Uint8Array): Pixels | undefined {
  const png = parse(bytes);
  const rows = png === undefined ? undefined : samples(png);
  return png === undefined || rows === undefined ? undefined : expand(rows, png);
}

/**
 * The picture in a network's frame (frame.ts), from what `decodeSmallPng` takes. One that has the frame's size and
 * 8-bit RGB, as most have, is copied row by row: half the time of the way over RGBA.
 * @returns uint8 RGB, [height, width, 3]
 */
export function smallPngToFrame(bytes: Uint8Array, height: number, width: number): Uint8Array | undefined {
  const png = parse(bytes);
  const rows = png === undefined ? undefined : samples(png);
  if (png === undefined || rows === undefined) return undefined;
  const { colourType, depth, transparency } = png;
  const opaque = colourType === 2 && depth === 8 && transparency === undefined;
  if (opaque && png.height === height && png.width === width) return withoutFilters(rows, height, width * 3);
  const pixels = expand(rows, png);
  return pixels === undefined ? undefined : toFrame(pixels, height, width);
}

/** Rows of samples, each behind the byte of its filter, which is undone. */
function samples(png: PlainPng): Uint8Array | undefined {
  const rowBytes = rowBytesOf(png);
  const rows = inflate(png, (rowBytes + 1) * png.height);
  return rows !== undefined && unfilter(rows, png, rowBytes) ? rows : undefined;
}

function rowBytesOf({ width, colourType, depth }: PlainPng): number {
  return Math.ceil((width * channelsOf[colourType] * depth) / 8);
}

function withoutFilters(rows: Uint8Array, height: number, rowBytes: number): Uint8Array {
  const data = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y += 1) {
    const start = y * (rowBytes + 1) + 1;
    data.set(rows.subarray(start, start + rowBytes), y * rowBytes);
  }
  return data;
}

function parse(bytes: Uint8Array): PlainPng | undefined {
  if (sniff(bytes) !== 'png') return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) return undefined;
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!known.has(name)) return undefined;
    if (name === 'IEND') return describe(chunks, data);
    const body = bytes.subarray(at + 8, end);
    if (name === 'IDAT') {
      data.push(body); // what it unfolds to carries its own checksum
    } else {
      const misplaced = (name === 'IHDR') !== (chunks.size === 0) || (name in colours && data.length > 0);
      if (misplaced || (chunks.has(name) && name !== 'tEXt')) return undefined;
      if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) return undefined;
      chunks.set(name, body);
    }
    at = end + 4;
  }
  return undefined; // no IEND: the file was cut
}

function describe(
  chunks: ReadonlyMap<string, Uint8Array>,
  data: readonly Uint8Array[],
): PlainPng | undefined {
  const header = chunks.get('IHDR');
  if (header?.length !== 13 || data.length === 0) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const [depth, colourType, compression, filter, interlace] = header.subarray(8);
  if (width < 1 || height < 1 || width * height > maxPixels) return undefined;
  if (compression !== 0 || filter !== 0 || interlace !== 0) return undefined;
  if (depth !== 1 && depth !== 2 && depth !== 4 && depth !== 8) return undefined;
  if (colourType !== 0 && colourType !== 2 && colourType !== 3 && colourType !== 4 && colourType !== 6)
    return undefined;
  if (depth !== 8 && colourType !== 0 && colourType !== 3) return undefined;
  const palette = chunks.get('PLTE');
  if (colourType === 3 && (palette === undefined || palette.length % 3 !== 0)) return undefined;
  const transparency = chunks.get('tRNS');
  if (transparency !== undefined && !fits(transparency.length, colourType, palette)) return undefined;
  return { width, height, depth, colourType, palette, transparency, data };
}

function fits(length: number, colourType: ColourType, palette: Uint8Array | undefined): boolean {
  if (colourType === 3) return palette !== undefined && length * 3 <= palette.length;
  return length === { 0: 2, 2: 6, 4: -1, 6: -1 }[colourType]; // a picture with alpha has no tRNS
}

/** The filtered rows, exactly `size` bytes of them. */
function inflate(png: PlainPng, size: number): Uint8Array | undefined {
  const [first] = png.data;
  const stream = png.data.length === 1 && first !== undefined ? first : Buffer.concat(png.data);
  try {
    const rows = inflateSync(stream, { maxOutputLength: size });
    return rows.length === size ? rows : undefined;
  } catch {
    return undefined; // damaged, cut or longer than the header says
  }
}

/** Undoes the row filters in place (PNG, third edition, section 9); false for an unknown filter. */
function unfilter(rows: Uint8Array, png: PlainPng, rowBytes: number): boolean {
  const step = Math.max(1, (channelsOf[png.colourType] * png.depth) >> 3);
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let start = 0; start < rows.length; start += rowBytes + 1) {
    const row = rows.subarray(start + 1, start + 1 + rowBytes);
    switch (rows[start]) {
      case 0:
        break;
      case 1:
        for (let i = step; i < rowBytes; i += 1) row[i]! += row[i - step]!;
        break;
      case 2:
        for (let i = 0; i < rowBytes; i += 1) row[i]! += above[i]!;
        break;
      case 3:
        for (let i = 0; i < step; i += 1) row[i]! += above[i]! >> 1;
        for (let i = step; i < rowBytes; i += 1) row[i]! += (row[i - step]! + above[i]!) >> 1;
        break;
      case 4:
        undoPaeth(row, above, step);
        break;
      default:
        return false;
    }
    above = row;
  }
  return true;
}

/**
 * Each sample is relative to the nearest of its neighbours to `left + up − corner`: left, up or corner, the first of
 * equals. Sign bits take the place of branches, which real pictures mispredict at every second sample.
 */
function undoPaeth(row: Uint8Array, above: Uint8Array, step: number): void {
  for (let channel = 0; channel < step; channel += 1) {
    let left = 0;
    let corner = 0;
    for (let i = channel; i < row.length; i += step) {
      const up = above[i]!;
      const toLeft = absolute(up - corner);
      const toUp = absolute(left - corner);
      const toCorner = absolute(left + up - 2 * corner);
      const upIsNearer = (toUp - toLeft) >> 31; // all ones or none
      const best = left ^ ((left ^ up) & upIsNearer);
      const toBest = toLeft ^ ((toLeft ^ toUp) & upIsNearer);
      const cornerIsNearer = (toCorner - toBest) >> 31;
      left = (row[i]! + (best ^ ((best ^ corner) & cornerIsNearer))) & 255;
      row[i] = left;
      corner = up;
    }
  }
}

function absolute(value: number): number {
  const sign = value >> 31;
  return (value ^ sign) - sign;
}

/** Samples of any depth and colour type to RGBA; undefined for a palette index beyond the palette. */
function expand(rows: Uint8Array, png: PlainPng): Pixels | undefined {
  const rowBytes = rowBytesOf(png);
  const { width, height, depth, colourType, palette, transparency } = png;
  const channels = channelsOf[colourType];
  const data = new Uint8Array(height * width * 4);
  const scale = colourType === 3 ? 1 : 255 / (2 ** depth - 1);
  const key = colourType === 3 ? undefined : transparentSamples(transparency, channels, depth);
  const sample = [0, 0, 0, 0];
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = rows.subarray(y * (rowBytes + 1) + 1, (y + 1) * (rowBytes + 1));
    for (let x = 0; x < width; x += 1, to += 4) {
      for (let c = 0; c < channels; c += 1) sample[c] = sampleAt(row, x * channels + c, depth);
      if (colourType === 3) {
        const index = sample[0]!;
        if (palette === undefined || index * 3 >= palette.length) return undefined;
        data.set(palette.subarray(index * 3, index * 3 + 3), to);
        data[to + 3] = transparency?.[index] ?? 255;
      } else {
        const colour = channels >= 3;
        data[to] = sample[0]! * scale;
        data[to + 1] = (colour ? sample[1]! : sample[0]!) * scale;
        data[to + 2] = (colour ? sample[2]! : sample[0]!) * scale;
        const opaque = key?.some((value, c) => value !== sample[c]) === false ? 0 : 255;
        data[to + 3] = channels % 2 === 0 ? sample[channels - 1]! : opaque;
      }
    }
  }
  return { width, height, data };
}

function sampleAt(row: Uint8Array, index: number, depth: PlainPng['depth']): number {
  if (depth === 8) return row[index]!;
  const bit = index * depth;
  return (row[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** tRNS of a grey or RGB picture: the one colour that is transparent, 16 bits a sample of which `depth` count. */
function transparentSamples(
  chunk: Uint8Array | undefined,
  channels: number,
  depth: number,
): number[] | undefined {
  if (chunk === undefined) return undefined;
  return Array.from(
    { length: channels },
    (_, c) => ((chunk[2 * c]! << 8) | chunk[2 * c + 1]!) & (2 ** depth - 1),
  );
}
