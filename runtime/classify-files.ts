import { readFile } from 'node:fs/promises';
import { KilnError } from '../errors/errors.js';
import { decodeImage } from '../images/decode.js';
import { toFrame } from '../images/frame.js';
import type { Classifier } from './classifier.js';

/** What became of one picture. */
export type FileOutcome =
  | { readonly name: string; readonly kind: 'probabilities'; readonly values: Float32Array }
  | { readonly name: string; readonly kind: 'error'; readonly error: KilnError };

/** Pictures in one run: few enough for memory, many enough to be fast. */
const batch = 64;

/**
 * Classifies picture files in the order given. One that cannot be read or decoded has its own error and fails
 * no other.
 */
export async function classifyFiles(
  classifier: Classifier,
  paths: readonly string[],
): Promise<readonly FileOutcome[]> {
  const outcomes: FileOutcome[] = [];
  for (let first = 0; first < paths.length; first += batch) {
    const frames = await Promise.all(
      paths.slice(first, first + batch).map((path) => frameOf(path, classifier.metadata.frame)),
    );
    const pixels = frames.flatMap((frame) => (frame instanceof Uint8Array ? [frame] : []));
    const classes = classifier.metadata.labels.length;
    const probabilities =
      pixels.length === 0
        ? new Float32Array(0)
        : await classifier.classify(Buffer.concat(pixels), pixels.length); // [pixels.length, classes]
    let row = 0;
    for (const [index, frame] of frames.entries()) {
      const name = paths[first + index]!;
      if (frame instanceof KilnError) {
        outcomes.push({ name, kind: 'error', error: frame });
      } else {
        const values = probabilities.subarray(row * classes, (row + 1) * classes);
        outcomes.push({ name, kind: 'probabilities', values });
        row += 1;
      }
    }
  }
  return outcomes;
}

async function frameOf(
  path: string,
  { height, width }: Classifier['metadata']['frame'],
): Promise<Uint8Array | KilnError> {
  try {
    return toFrame(await decodeImage(await read(path)), height, width);
  } catch (error) {
    if (error instanceof KilnError) return error;
    throw error;
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new KilnError('FILE_NOT_FOUND', { expected: `a readable file ${path}`, received, cause });
  }
}
