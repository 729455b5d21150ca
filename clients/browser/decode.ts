import { KilnError } from '../../errors/errors.js';
import type { Pixels } from '../../images/frame.js';
import { type AcceptedFormat, acceptedFormats, isAccepted, sniff } from '../../images/sniff.js';
import { type PictureHeader, readPictureHeader } from './picture-header.js';
import type { PictureMessage } from './worker-messages.js';

/**
 * An embedded ICC profile is converted to sRGB. What a PNG says by gAMA, cHRM or cICP alone is left as it is,
 * because libvips, which decodes for the service, leaves it too.
 */
const conversion = (header: PictureHeader): ColorSpaceConversion =>
  header.format === 'png' && !header.profile ? 'none' : 'default';

const isSrgb = ({ primaries, transfer }: VideoColorSpace): boolean =>
  primaries === 'bt709' && transfer === 'iec61966-2-1';

const channelOrder = {
  RGBA: { red: 0, blue: 2, alpha: true },
  RGBX: { red: 0, blue: 2, alpha: false },
  BGRA: { red: 2, blue: 0, alpha: true },
  BGRX: { red: 2, blue: 0, alpha: false },
} as const;

const hasOrder = (format: string | null): format is keyof typeof channelOrder =>
  format !== null && format in channelOrder;

/**
 * The stored values, straight from the decoder. A canvas keeps colours multiplied by alpha and rounds them to
 * 8 bits on the way in and out; WebCodecs hands over what the file holds. Asking `copyTo` for a format would
 * multiply too, so the channels are put in order here.
 *
 * @returns undefined where this browser, or this picture, needs the canvas
 */
async function decodeStraight(
  data: Uint8Array<ArrayBuffer>,
  header: PictureHeader,
): Promise<Pixels | undefined> {
  if (!('ImageDecoder' in globalThis) || header.exif) return undefined;
  if (header.format === 'jpeg') return undefined; // opaque, and decoded to YUV
  const colorSpaceConversion = conversion(header);
  const decoder = new ImageDecoder({ data, type: `image/${header.format}`, colorSpaceConversion });
  try {
    const { image } = await decoder.decode();
    try {
      if (!hasOrder(image.format) || (header.profile && !isSrgb(image.colorSpace))) return undefined;
      const { codedWidth: width, codedHeight: height } = image;
      const stored = new Uint8Array(image.allocationSize());
      const [plane] = await image.copyTo(stored);
      if (plane === undefined || plane.offset !== 0 || plane.stride !== 4 * width) return undefined;
      const order = channelOrder[image.format];
      for (let at = 0; at < stored.length; at += 4) {
        const red = stored[at + order.red]!;
        stored[at + 2] = stored[at + order.blue]!;
        stored[at] = red;
        if (!order.alpha) stored[at + 3] = 255;
      }
      return { width, height, data: stored }; // [height, width, 4]
    } finally {
      image.close();
    }
  } catch {
    return undefined; // the canvas path says what is wrong, or succeeds
  } finally {
    decoder.close();
  }
}

/**
 * Drawn over white in sRGB, so that what is left of alpha is only the rounding of its blend: at most half a level.
 * The bitmap is closed.
 */
function overWhite(bitmap: ImageBitmap): Pixels {
  try {
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { alpha: false, colorSpace: 'srgb', willReadFrequently: true });
    if (context === null) throw new Error('this browser gives no 2d canvas');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    return { width, height, data: context.getImageData(0, 0, width, height).data }; // [height, width, 4]
  } finally {
    bitmap.close();
  }
}

async function decodeOverWhite(file: Blob, header: PictureHeader): Promise<Pixels> {
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    premultiplyAlpha: 'none',
    colorSpaceConversion: conversion(header),
  });
  return overWhite(bitmap);
}

/** Only the first bytes are read: what was dropped may be a film. */
async function checkedFormat(picture: Blob): Promise<AcceptedFormat> {
  if (picture.size === 0) {
    throw new KilnError('IMAGE_UNDECODABLE', { expected: 'a PNG, JPEG or WebP file', received: '0 bytes' });
  }
  const format = sniff(new Uint8Array(await picture.slice(0, 64).arrayBuffer()));
  if (isAccepted(format)) return format;
  throw new KilnError('UNSUPPORTED_IMAGE', {
    expected: acceptedFormats.join(', '),
    received: format ?? `${picture.size} bytes of another kind`,
  });
}

function checkedHeader(bytes: Uint8Array, format: AcceptedFormat, maxPixels: number): PictureHeader {
  const header = readPictureHeader(bytes, format);
  if (header === undefined) {
    throw new KilnError('IMAGE_UNDECODABLE', {
      expected: `a whole ${format} file`,
      received: 'a damaged header',
    });
  }
  const { width, height } = header;
  if (width * height > maxPixels) {
    throw new KilnError('IMAGE_TOO_LARGE', {
      expected: `at most ${maxPixels} pixels`,
      received: `${width}×${height} = ${width * height} pixels`,
    });
  }
  return header;
}

/**
 * A picture as it came to the worker → straight RGBA in sRGB. What a page has drawn or shown is taken as it is; the page
 * has counted its pixels.
 *
 * @throws KilnError IMAGE_UNDECODABLE, UNSUPPORTED_IMAGE, IMAGE_TOO_LARGE
 */
export async function decodePicture(picture: PictureMessage, maxPixels: number): Promise<Pixels> {
  switch (picture.kind) {
    case 'file':
      return decodeFile(picture.file, maxPixels);
    case 'bitmap':
      return overWhite(picture.bitmap);
    case 'pixels':
      return picture;
  }
}

/**
 * PNG, JPEG or WebP → straight RGBA in sRGB, orientation applied; of an animation the first picture.
 * Opaque pictures come out as the service decodes them; pictures with alpha do where WebCodecs exists.
 *
 * @param maxPixels width × height above which a picture is refused before a decoder allocates anything
 * @throws KilnError IMAGE_UNDECODABLE, UNSUPPORTED_IMAGE, IMAGE_TOO_LARGE
 */
async function decodeFile(file: Blob, maxPixels: number): Promise<Pixels> {
  const format = await checkedFormat(file);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const header = checkedHeader(bytes, format, maxPixels);
  try {
    return (await decodeStraight(bytes, header)) ?? (await decodeOverWhite(file, header));
  } catch (cause) {
    throw new KilnError('IMAGE_UNDECODABLE', {
      expected: `a whole ${header.format} file`,
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
