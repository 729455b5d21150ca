import { KilnError } from '../../errors/errors.js';
import type { PictureMessage } from './worker-messages.js';

/** Whatever in a page holds a picture. A file is decoded as the service decodes it; the others are taken as they look. */
export type PictureSource =
  | Blob
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | ImageBitmap
  | ImageData;

export interface PreparedPicture {
  readonly picture: PictureMessage;
  /** What the worker may take for itself. */
  readonly transfer: readonly Transferable[];
}

type Prepare<T> = (source: T, maxPixels: number) => Promise<PreparedPicture>;

const prepareFile: Prepare<Blob> = async (file) => ({ picture: { kind: 'file', file }, transfer: [] });

const prepareCanvas: Prepare<HTMLCanvasElement | OffscreenCanvas> = (canvas, maxPixels) =>
  snapshot(canvas, canvas, maxPixels);

async function prepareImage(image: HTMLImageElement, maxPixels: number): Promise<PreparedPicture> {
  // Off the page's thread; the snapshot would decode on it.
  await image.decode().catch((error) => {
    throw unreadable('an image that has loaded', error);
  });
  return snapshot(image, { width: image.naturalWidth, height: image.naturalHeight }, maxPixels);
}

async function prepareVideo(video: HTMLVideoElement, maxPixels: number): Promise<PreparedPicture> {
  if (video.readyState < video.HAVE_CURRENT_DATA) {
    throw unreadable('a video that shows a picture', `readyState ${video.readyState}`);
  }
  return snapshot(video, { width: video.videoWidth, height: video.videoHeight }, maxPixels);
}

/** The caller keeps the bitmap: the worker gets a copy. */
async function prepareBitmap(bitmap: ImageBitmap, maxPixels: number): Promise<PreparedPicture> {
  checkSize(bitmap, maxPixels);
  return { picture: { kind: 'bitmap', bitmap }, transfer: [] };
}

async function preparePixels(image: ImageData, maxPixels: number): Promise<PreparedPicture> {
  checkSize(image, maxPixels);
  const { width, height, data, colorSpace } = image;
  if (colorSpace !== 'srgb' || !(data instanceof Uint8ClampedArray)) return snapshot(image, image, maxPixels);
  return { picture: { kind: 'pixels', width, height, data }, transfer: [] };
}

/** By the name that an object has of itself: unlike its class that is the same in every frame, and known in workers. */
const kinds: Readonly<Record<string, Prepare<never>>> = {
  Blob: prepareFile,
  File: prepareFile,
  HTMLImageElement: prepareImage,
  HTMLCanvasElement: prepareCanvas,
  OffscreenCanvas: prepareCanvas,
  HTMLVideoElement: prepareVideo,
  ImageBitmap: prepareBitmap,
  ImageData: preparePixels,
};

/**
 * Takes the picture as it is at the time of the call, in the form in which it goes to the worker.
 *
 * @param maxPixels width × height above which a picture that is not a file is refused; files are checked in the worker
 * @throws KilnError UNSUPPORTED_IMAGE for what is no picture, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE
 */
export async function preparePicture(source: PictureSource, maxPixels: number): Promise<PreparedPicture> {
  const kind = Object.prototype.toString.call(source).slice('[object '.length, -1);
  const prepare = Object.hasOwn(kinds, kind) ? (kinds[kind] as Prepare<PictureSource>) : undefined; // the key's own type
  if (prepare !== undefined) return prepare(source, maxPixels);
  throw new KilnError('UNSUPPORTED_IMAGE', {
    message: 'This is nothing that holds a picture.',
    expected: Object.keys(kinds).join(', '),
    received: kind,
  });
}

async function snapshot(source: ImageBitmapSource, size: Size, maxPixels: number): Promise<PreparedPicture> {
  checkSize(size, maxPixels);
  try {
    const bitmap = await createImageBitmap(source, { premultiplyAlpha: 'none' });
    return { picture: { kind: 'bitmap', bitmap }, transfer: [bitmap] };
  } catch (error) {
    throw unreadable('a picture that can be copied', error);
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function checkSize({ width, height }: Size, maxPixels: number): void {
  if (width * height === 0) throw unreadable('at least one pixel', `${width}×${height}`);
  if (width * height <= maxPixels) return;
  throw new KilnError('IMAGE_TOO_LARGE', {
    expected: `at most ${maxPixels} pixels`,
    received: `${width}×${height} = ${width * height} pixels`,
  });
}

const unreadable = (expected: string, cause: unknown): KilnError =>
  new KilnError('IMAGE_UNDECODABLE', {
    expected,
    received: cause instanceof Error ? cause.message : String(cause),
    cause,
  });
