import type { ClassifierMetadata } from '../../runtime/metadata.js';
import type { Prediction } from '../../runtime/top-predictions.js';
import type { Problem } from './problem.js';

/** What can run the graph in a browser. */
export type BrowserProvider = 'webgpu' | 'wasm';

/** `auto` is WebGPU where a graphics processor really runs the model, and WebAssembly otherwise. */
export type BrowserDevice = 'auto' | BrowserProvider;

/** A provider that was tried first, and why it does not run the model. */
export interface FailedBrowserProvider {
  readonly provider: BrowserProvider;
  readonly reason: string;
}

/** The model as the tab holds it, read from the file itself. */
export interface TabModel {
  readonly metadata: ClassifierMetadata;
  /** sha256 (hex), computed in the tab. */
  readonly digest: string;
  /** The provider that runs the graph here. */
  readonly provider: BrowserProvider;
  readonly failed: readonly FailedBrowserProvider[];
  /** Threads of WebAssembly; 1 on WebGPU. */
  readonly threads: number;
}

export interface TabTiming {
  /** From picture to frame: decoding and the frame rule. */
  readonly decodeMs: number;
  readonly inferenceMs: number;
}

export interface TabAnswer {
  /** sha256 (hex) of the model file. */
  readonly digest: string;
  /** The most probable first. */
  readonly predictions: readonly Prediction[];
  readonly timing: TabTiming;
}

/** The picture as it enters the graph: uint8 RGB [height, width, 3]. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A picture in the form in which it goes to the worker. */
export type PictureMessage =
  | { readonly kind: 'file'; readonly file: Blob }
  | { readonly kind: 'bitmap'; readonly bitmap: ImageBitmap }
  /** Straight sRGB with alpha: [height, width, 4]. */
  | {
      readonly kind: 'pixels';
      readonly width: number;
      readonly height: number;
      readonly data: Uint8ClampedArray;
    };

export interface LoadRequest {
  readonly kind: 'load';
  readonly modelUrl: string;
  /** Sent along when the model is fetched. */
  readonly headers: Readonly<Record<string, string>>;
  /** sha256 (hex) that the file must have; undefined where any will do. */
  readonly digest: string | undefined;
  readonly device: BrowserDevice;
  readonly threads: number;
  /** Folder of ONNX Runtime's files, with a slash at its end; undefined for beside the worker. */
  readonly runtimeUrl: string | undefined;
  /** Width × height of a picture, at most. */
  readonly maxPixels: number;
}

export interface ClassifyRequest {
  readonly kind: 'classify';
  readonly id: number;
  readonly picture: PictureMessage;
  readonly top: number;
  /** Whether the frame is to be sent back before inference. */
  readonly wantsFrame: boolean;
}

export type WorkerRequest = LoadRequest | ClassifyRequest | { readonly kind: 'cancel'; readonly id: number };

export type WorkerReply =
  | { readonly kind: 'progress'; readonly received: number; readonly total: number | undefined }
  | { readonly kind: 'ready'; readonly model: TabModel }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'frame'; readonly id: number; readonly frame: Frame }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: TabAnswer }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem };
