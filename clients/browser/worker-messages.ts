import type { ClassifierMetadata } from '../../runtime/metadata.js';
import type { Prediction } from '../../runtime/top-predictions.js';
import type { Problem } from './problem.js';

/** The model as the tab holds it, read from the file itself. */
export interface TabModel {
  readonly metadata: ClassifierMetadata;
  /** sha256 (hex), computed in the tab and equal to the service's. */
  readonly digest: string;
  /** The provider that runs the graph here. */
  readonly provider: string;
  readonly threads: number;
}

export interface TabTiming {
  /** From file to frame: decoding and the frame rule. */
  readonly decodeMs: number;
  readonly inferenceMs: number;
}

export interface TabAnswer {
  readonly digest: string;
  readonly predictions: readonly Prediction[];
  readonly timing: TabTiming;
}

/** The picture as it enters the graph: uint8 RGB [height, width, 3]. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

export type WorkerRequest =
  | {
      readonly kind: 'load';
      readonly modelUrl: string;
      /** sha256 (hex) that the file must have. */
      readonly digest: string;
      readonly threads: number;
      /** Width × height of a picture, at most. */
      readonly maxPixels: number;
    }
  | { readonly kind: 'classify'; readonly id: number; readonly picture: Blob };

export type WorkerReply =
  | { readonly kind: 'progress'; readonly received: number; readonly total: number | undefined }
  | { readonly kind: 'ready'; readonly model: TabModel }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'frame'; readonly id: number; readonly frame: Frame }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: TabAnswer }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem };
