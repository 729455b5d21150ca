import { readFile } from 'node:fs/promises';
import { KilnError } from '../errors/errors.js';

/** The bytes of a model file, unchecked (model-file.ts checks them). @throws MODEL_NOT_FOUND */
export async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new KilnError('MODEL_NOT_FOUND', { expected: `an ONNX file at ${path}`, received, cause });
  }
}
