import { toFrame } from '../../../images/frame.js';
import { decodePicture } from '../../browser/decode.js';
import { toProblem } from '../../browser/problem.js';
import { rgbImage } from '../rgb-image.js';
import type { FrameReply, FrameRequest } from './frame-messages.js';

declare const self: DedicatedWorkerGlobalScope;

/** Side of a thumbnail in pixels, as it is stored; shown it is half as large. */
const side = 144;

/** What is left of the picture by the frame rule, in a size to look at. */
async function thumbnailOf(pixels: Parameters<typeof toFrame>[0]): Promise<Blob> {
  const rgb = toFrame(pixels, side, side);
  const canvas = new OffscreenCanvas(side, side);
  canvas.getContext('2d')?.putImageData(rgbImage(rgb, side, side), 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
}

async function answer({
  id,
  picture,
  height,
  width,
  maxPixels,
  thumbnail,
}: FrameRequest): Promise<FrameReply> {
  try {
    const pixels = await decodePicture(picture, maxPixels);
    const frame = toFrame(pixels, height, width);
    return { id, kind: 'frame', frame, thumbnail: thumbnail ? await thumbnailOf(pixels) : undefined };
  } catch (error) {
    const fallback = { code: 'IMAGE_UNDECODABLE', message: 'The picture could not be read.' };
    return { id, kind: 'failed', problem: toProblem(error, fallback) };
  }
}

/** One picture after another: large ones would otherwise lie in memory side by side. */
let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<FrameRequest>) => {
  last = last.then(async () => {
    const reply = await answer(data);
    self.postMessage(reply, reply.kind === 'frame' ? [reply.frame.buffer] : []);
  });
};
