import { reflected } from '../data/distortions.js';
import type { Network } from '../networks/network.js';

/**
 * The views of prepared pictures in the order of `viewWeights`, made in JavaScript: what the graph of views.ts is
 * held against.
 *
 * @param images float32 [count, channels, height, width]
 */
export function pictureViews(images: Float32Array, { height, width }: Network['input']): Float32Array[] {
  const shifts = [0, -1, 1]; // where a pixel is taken from: the opposite of where the picture moves
  return shifts.flatMap((shift) =>
    [false, true].map((mirrored) => {
      const view = new Float32Array(images.length);
      for (let at = 0; at < images.length; at += 1) {
        const plane = at - (at % (height * width));
        const row = Math.floor((at - plane) / width);
        const column = mirrored ? width - 1 - (at % width) : at % width;
        view[at] = images[plane + reflected(row + shift, height) * width + reflected(column + shift, width)]!;
      }
      return view;
    }),
  );
}
