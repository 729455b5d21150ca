import { modelDigest } from '../runtime/model-digest.js';
import { openModelFile } from '../runtime/model-file.js';
import { readModel } from '../runtime/read-model.js';
import type { ExportResult } from './export.js';
import type { ExportFormat, FormatName } from './format.js';
import { placeModel } from './place-model.js';

/** Which file goes into which engine's repository. */
export interface ExportFileOptions {
  /** An ONNX file that kiln exported: its comparison with the trainer is behind it. */
  readonly source: string;
  /** The model repository's folder. */
  readonly out: string;
  readonly format: ExportFormat<Exclude<FormatName, 'onnx'>>;
  /** By which it is served. Default: the file's own. */
  readonly name?: string;
}

/**
 * Puts an exported file, byte for byte, into a repository of another engine.
 * @throws MODEL_NOT_FOUND, MODEL_INVALID, MODEL_NOT_KILN, and as `placeModel`
 */
export async function exportFile(options: ExportFileOptions): Promise<Omit<ExportResult, 'parity'>> {
  const { source, out, format } = options;
  const file = openModelFile(await readModel(source));
  const placed = await placeModel(out, { ...file, name: options.name ?? file.metadata.name }, format);
  const { bytes, metadata } = file;
  return { ...placed, bytes: bytes.length, digest: modelDigest(bytes), metadata };
}
