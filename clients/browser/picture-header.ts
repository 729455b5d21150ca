import type { AcceptedFormat } from '../../images/sniff.js';

/** What a picture file says of itself before anything is decoded. */
export interface PictureHeader {
  readonly format: AcceptedFormat;
  /** Stored size in pixels, before any orientation. */
  readonly width: number;
  readonly height: number;
  /** An ICC profile is embedded. */
  readonly profile: boolean;
  /** An EXIF block is embedded, which may ask for a rotation. */
  readonly exif: boolean;
}

const ascii = (view: DataView, at: number, length: number): string => {
  let text = '';
  for (let i = at; i < Math.min(at + length, view.byteLength); i++)
    text += String.fromCharCode(view.getUint8(i));
  return text;
};

/**
 * PNG: signature, then chunks of (length, name, data, checksum).
 * https://www.w3.org/TR/png-3/#5DataRep
 */
function png(view: DataView): PictureHeader | undefined {
  if (view.byteLength < 33 || ascii(view, 12, 4) !== 'IHDR') return undefined;
  const names = new Set<string>();
  for (let at = 8; at + 12 <= view.byteLength; at += 12 + view.getUint32(at))
    names.add(ascii(view, at + 4, 4));
  return {
    format: 'png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    profile: names.has('iCCP'),
    exif: names.has('eXIf'),
  };
}

/** JPEG: marker segments up to the frame header (SOF), which holds the size. ITU-T T.81, annex B. */
function jpeg(view: DataView): PictureHeader | undefined {
  let profile = false;
  let exif = false;
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const startOfFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (startOfFrame) {
      const height = view.getUint16(at + 5);
      return { format: 'jpeg', width: view.getUint16(at + 7), height, profile, exif };
    }
    if (marker === 0xe1) exif ||= ascii(view, at + 4, 4) === 'Exif';
    if (marker === 0xe2) profile ||= ascii(view, at + 4, 11) === 'ICC_PROFILE';
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** WebP: a RIFF container. https://developers.google.com/speed/webp/docs/riff_container */
function webp(view: DataView): PictureHeader | undefined {
  if (view.byteLength < 30) return undefined;
  const format = 'webp';
  const u24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (ascii(view, 12, 4)) {
    case 'VP8 ': {
      const size = { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
      return { format, ...size, profile: false, exif: false };
    }
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      const size = { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
      return { format, ...size, profile: false, exif: false };
    }
    case 'VP8X': {
      const flags = view.getUint8(20);
      const size = { width: u24(24) + 1, height: u24(27) + 1 };
      return { format, ...size, profile: (flags & 0x20) !== 0, exif: (flags & 0x08) !== 0 };
    }
    default:
      return undefined;
  }
}

const readers = { png, jpeg, webp } as const satisfies Record<
  AcceptedFormat,
  (view: DataView) => PictureHeader | undefined
>;

/**
 * Reads format and size from the file itself; its name and its declared type are not believed.
 *
 * @returns undefined when the header is damaged or cut
 */
export function readPictureHeader(bytes: Uint8Array, format: AcceptedFormat): PictureHeader | undefined {
  return readers[format](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
