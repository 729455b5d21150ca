import { decodeModel } from '../onnx/decode.js';
import type { ClassifierMetadata } from '../runtime/metadata.js';
import { modelDigest } from '../runtime/model-digest.js';
import { openModelFile } from '../runtime/model-file.js';
import { type ParameterSummary, parametersOf } from './layers.js';

/** Everything that a kiln file tells without being run. */
export interface FileSummary {
  readonly metadata: ClassifierMetadata;
  readonly parameters: readonly ParameterSummary[];
  readonly file: {
    readonly bytes: number;
    /** sha256 (hex) */
    readonly digest: string;
    readonly opset: number;
    readonly irVersion: number;
  };
}

/** @throws MODEL_INVALID, MODEL_NOT_KILN */
export function inspectFile(bytes: Uint8Array): FileSummary {
  const { metadata } = openModelFile(bytes);
  const model = decodeModel(bytes);
  const standard = model.opsetImport.find(({ domain }) => domain === '');
  return {
    metadata,
    parameters: parametersOf(model),
    file: {
      bytes: bytes.length,
      digest: modelDigest(bytes),
      opset: Number(standard?.version ?? 0n),
      irVersion: Number(model.irVersion),
    },
  };
}
