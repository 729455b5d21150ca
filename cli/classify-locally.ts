import type { Device } from '../runtime/classifier.js';
import { batchSize, classifyFiles } from '../runtime/classify-files.js';
import { modelDigest } from '../runtime/model-digest.js';
import { openModelFile } from '../runtime/model-file.js';
import { readModel } from '../runtime/read-model.js';
import { topPredictions } from '../runtime/top-predictions.js';
import { openPool } from '../runtime/worker-pool.js';
import type { PictureClassifier } from './classify-result.js';

/** Up to so many pictures, starting further workers takes longer than they save. */
const oneWorkerPictures = 4 * batchSize;

/**
 * An ONNX file on this machine's workers.
 * @param count how many pictures there will be
 * @throws KilnError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_NOT_KILN, DEVICE_UNAVAILABLE, WORKER_FAILED
 */
export async function openLocally(
  path: string,
  { device, top, count }: { readonly device: Device; readonly top: number; readonly count: number },
): Promise<PictureClassifier> {
  const bytes = await readModel(path);
  const file = openModelFile(bytes);
  const { name, labels, frame } = file.metadata;
  const pool = await openPool({ devices: [device], ...(count <= oneWorkerPictures && { workers: 1 }) });
  try {
    const model = await pool.load(file);
    return {
      model: { name, digest: modelDigest(bytes) },
      async *classify(inputs) {
        for await (const outcome of classifyFiles(model, frame, inputs)) {
          const { picture: input } = outcome;
          yield outcome.kind === 'error'
            ? { input, error: outcome.error.toJSON() }
            : { input, predictions: topPredictions(outcome.values, labels, top) };
        }
      },
      close: () => pool.close(),
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
