import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import type { Problem } from '../../browser/problem.js';
import type { Filters } from './filters.js';
import type { FileLayer } from './network-layers.js';

/** What is found in a model file. */
export interface Inspection {
  readonly metadata: ClassifierMetadata;
  /** Size of the file. */
  readonly bytes: number;
  readonly layers: readonly FileLayer[];
  readonly filters: Filters | undefined;
}

/** What one layer gives for one picture. */
export interface Activation {
  /** Of the layer: `conv1` */
  readonly layer: string;
  /** [channels, height, width] or [units] */
  readonly dims: readonly number[];
  /** float32 of `dims`. */
  readonly values: Float32Array;
}

export interface InspectRequest {
  readonly kind: 'inspect';
  /** Absolute. */
  readonly modelUrl: string;
  /** Sent along when the model is fetched. */
  readonly headers: Readonly<Record<string, string>>;
  /** sha256 (hex) of the file. */
  readonly digest: string;
}

export interface ActivationsRequest {
  readonly kind: 'activations';
  readonly picture: Blob;
  /** Width × height of the picture, at most. */
  readonly maxPixels: number;
}

/** Each request with its answer. */
export interface InspectorAnswers {
  readonly inspect: Inspection;
  readonly activations: readonly Activation[];
}

export type InspectorRequest = (InspectRequest | ActivationsRequest) & { readonly id: number };

export type InspectorReply =
  | { readonly kind: 'done'; readonly id: number; readonly answer: InspectorAnswers[keyof InspectorAnswers] }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem };
