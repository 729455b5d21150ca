import type { Dataset } from '../data/dataset.js';
import { KilnError } from '../errors/errors.js';
import { modelDigest } from '../runtime/model-digest.js';
import { type ModelFile, openModelFile } from '../runtime/model-file.js';
import { readModel } from '../runtime/read-model.js';
import type { ExportResult } from './export.js';
import type { ExportFormat } from './format.js';
import { checkPlace, placeModel } from './place-model.js';
import type { Precision } from './precision/precision.js';
import { reducePrecision } from './precision/reduce.js';
import { openTrainedData } from './trained-data.js';

/** What becomes of a file: a smaller one, a place in an engine's repository, or both. */
export interface ExportFileOptions {
  /** An ONNX file that kiln exported: its comparison with the trainer is behind it. */
  readonly source: string;
  /** The file to write, or the model repository's folder. */
  readonly out: string;
  /** Default one ONNX file. */
  readonly format?: ExportFormat;
  /** Default float32: byte for byte what the source is. */
  readonly precision?: Precision;
  /** By which it is served. Default: the file's own. */
  readonly name?: string;
  /** What the file was trained on, or its module's path, where it is to be made smaller. Default: the one of its name. */
  readonly dataset?: string | Dataset;
  /** Where that lies. Default: as data/registry.ts has it. */
  readonly dataDir?: string;
  /** Told what happens, for people. */
  readonly onProgress?: (text: string) => void;
}

/**
 * Makes an exported file smaller, or puts it, byte for byte, into a repository of another engine.
 * @throws MODEL_NOT_FOUND, MODEL_INVALID, MODEL_NOT_KILN; DATASET_… where int8 lacks its data; EXPORT_ACCURACY and
 *   OPTION_INVALID as `reducePrecision`; and as `placeModel`
 */
export async function exportFile(options: ExportFileOptions): Promise<Omit<ExportResult, 'parity'>> {
  const { out, format = { kind: 'onnx' } } = options;
  const source = openModelFile(await readModel(options.source));
  const name = options.name ?? source.metadata.name;
  await checkPlace(out, { metadata: source.metadata, name }, format);
  const file = await inPrecision(source, options);
  const placed = await placeModel(out, { ...file, name }, format);
  const { bytes, metadata } = file;
  return { ...placed, bytes: bytes.length, digest: modelDigest(bytes), metadata };
}

async function inPrecision(source: ModelFile, options: ExportFileOptions): Promise<ModelFile> {
  const { precision = { kind: 'float32' }, onProgress } = options;
  if (precision.kind === 'float32') {
    if (options.format !== undefined && options.format.kind !== 'onnx') return source;
    throw new KilnError('OPTION_INVALID', {
      message: 'The source is an exported file already.',
      expected: 'another --precision than float32, or --format triton or kserve',
      received: '--format onnx --precision float32',
    });
  }
  const {
    dataset: { name, digest },
    frame,
  } = source.metadata;
  const dataset = await openTrainedData(
    { name, digest, frame, choices: undefined },
    options,
    precision.kind === 'int8' ? 'nothing' : 'absence',
  );
  return reducePrecision(source, { precision, dataset, ...(onProgress && { onProgress }) });
}
