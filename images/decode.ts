import sharp from 'sharp';
import { KilnError } from '../errors/errors.js';
import { decodeTimeout } from './decode-timeout.js';
import type { Pixels } from './frame.js';
import { decodeSmallPng } from './small-png.js';
import { acceptedFormats, type ImageFormat, sniff } from './sniff.js';

/** What decoding one picture may cost. */
export interface DecodeLimits {
  /** Width × height above which a picture is refused before a pixel of it is decoded. */
  readonly maxPixels: number;
  /** How long decoding may take before it is given up, in ms; libvips counts whole seconds. Default: for ever. */
  readonly decodeMs?: number;
}

export const defaultLimits: DecodeLimits = { maxPixels: 50_000_000 };

// Every picture is seen once; libvips' cache of operations would only hold memory.
sharp.cache(false);

/**
 * Decodes a picture of any kind (16 bit, palette, grey, CMYK, with a colour profile) to 8-bit sRGB with
 * alpha, orientation applied; of an animation the first picture. The work is done on libuv's threads.
 * @param formats those to take, of the ones that sharp decodes
 * @throws UNSUPPORTED_IMAGE, IMAGE_UNDECODABLE (empty, cut, damaged), IMAGE_TOO_LARGE, DECODE_TIMEOUT
 */
export async function decodeImage(
  bytes: Uint8Array,
  limits: DecodeLimits = defaultLimits,
  formats: readonly ImageFormat[] = acceptedFormats,
): Promise<Pixels> {
  if (bytes.length === 0) {
    throw new KilnError('IMAGE_UNDECODABLE', {
      expected: `a whole file (${formats.join(', ')})`,
      received: '0 bytes',
    });
  }
  const format = sniff(bytes);
  if (format === undefined || !formats.includes(format)) {
    throw new KilnError('UNSUPPORTED_IMAGE', {
      expected: formats.join(', '),
      received: format ?? `${bytes.length} bytes that begin with ${hex(bytes.subarray(0, 8))}`,
    });
  }
  const small = decodeSmallPng(bytes);
  if (small !== undefined && small.width * small.height <= limits.maxPixels) return small;
  try {
    return await decodeBySharp(bytes, limits);
  } catch (error) {
    if (error instanceof KilnError) throw error;
    if (limits.decodeMs !== undefined && isTimeout(error)) throw decodeTimeout(limits.decodeMs, error);
    throw new KilnError('IMAGE_UNDECODABLE', {
      expected: `a whole ${format} file`,
      received: error instanceof Error ? firstLine(error.message) : String(error),
      cause: error,
    });
  }
}

async function decodeBySharp(bytes: Uint8Array, limits: DecodeLimits): Promise<Pixels> {
  // The default refuses at 268 megapixels with a message of its own; the check below is the one that counts.
  const header = await sharp(bytes, { limitInputPixels: false }).metadata();
  if (header.width * header.height > limits.maxPixels) {
    throw new KilnError('IMAGE_TOO_LARGE', {
      expected: `at most ${limits.maxPixels} pixels`,
      received: `${header.width}×${header.height} = ${header.width * header.height} pixels`,
    });
  }
  const { data, info } = await sharp(bytes, {
    autoOrient: true,
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
  })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .timeout({ seconds: Math.ceil((limits.decodeMs ?? 0) / 1000) }) // 0: for ever
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data }; // [height, width, 4]
}

/** libvips: `timeout: 12% complete` */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && /\btimeout: \d+% complete/.test(error.message);
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
