import Type, { type Static } from 'typebox';
import type { Prediction } from '../runtime/top-predictions.js';
import type { PictureInput } from './classify-inputs.js';

/** The model that answers; a version is what a service has. */
export interface AnsweringModel {
  readonly name: string;
  readonly version?: string;
  /** sha256 of the ONNX file. */
  readonly digest: string;
}

/** An error as it is told; its code may be one of a newer service's. */
export const pictureError = Type.Object({
  code: Type.String(),
  message: Type.String(),
  expected: Type.String(),
  received: Type.String(),
});

export type PictureResult =
  /** The most probable first. */
  { readonly predictions: readonly Prediction[] } | { readonly error: Static<typeof pictureError> };

/** What names the pictures: a file on this machine, or a service. */
export interface PictureClassifier {
  readonly model: AnsweringModel;
  /** One result an input, in order; what is in memory at once is bounded. */
  classify(inputs: readonly PictureInput[]): AsyncIterable<{ readonly input: PictureInput } & PictureResult>;
  close(): Promise<void>;
}
