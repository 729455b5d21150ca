import type { ModelFile } from '../runtime/model-file.js';

/** The forms in which an exported model can lie on the disk, and what each must be told beside the place. */
interface Formats {
  /** One ONNX file; one that is there is replaced. */
  readonly onnx: unknown;
  /** The next version of the model in a Triton model repository. */
  readonly triton: unknown;
  /** The same, and beside the model's folder the InferenceService that serves the repository from `storageUri`. */
  readonly kserve: { readonly storageUri: string };
}

export type FormatName = keyof Formats;
/** One ONNX file, or the repository of another engine, with what that needs besides. */
export type ExportFormat<Name extends FormatName = FormatName> = {
  [Each in Name]: { readonly kind: Each } & Formats[Each];
}[Name];

export const formatNames = Object.keys({
  onnx: true,
  triton: true,
  kserve: true,
} satisfies Record<FormatName, true>) as readonly FormatName[];

/** A kiln file and the name by which it is served. */
export interface NamedModel extends ModelFile {
  readonly name: string;
}

export interface PlacedModel {
  /** The model file. */
  readonly path: string;
  /** What belongs to it. */
  readonly beside: readonly { readonly path: string; readonly state: 'written' | 'updated' | 'kept' }[];
}
