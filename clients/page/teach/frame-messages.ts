import type { Problem } from '../../browser/problem.js';
import type { PictureMessage } from '../../browser/worker-messages.js';

export interface FrameRequest {
  readonly id: number;
  readonly picture: PictureMessage;
  /** Of the frame. */
  readonly height: number;
  readonly width: number;
  /** Width × height of a picture, at most. */
  readonly maxPixels: number;
  /** Whether a thumbnail is wanted too. */
  readonly thumbnail: boolean;
}

export type FrameReply =
  | {
      readonly id: number;
      readonly kind: 'frame';
      /** uint8 RGB [height, width, 3] */
      readonly frame: Uint8Array;
      readonly thumbnail: Blob | undefined;
    }
  | { readonly id: number; readonly kind: 'failed'; readonly problem: Problem };
