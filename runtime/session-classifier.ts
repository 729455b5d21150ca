import { KilnError } from '../errors/errors.js';
import { type Classifier, tensorNames } from './classifier.js';
import type { ModelFile } from './model-file.js';
import type { Session } from './session.js';

/** A classifier over a loaded session; the one implementation for every runtime. It owns the session. */
export function classifierOf(file: ModelFile, digest: string, session: Session): Classifier {
  const { frame, labels } = file.metadata;
  const frameBytes = frame.height * frame.width * 3;
  return {
    metadata: file.metadata,
    digest,
    provider: session.provider,
    async classify(images, count) {
      if (!Number.isInteger(count) || count < 1 || images.length !== count * frameBytes) {
        throw new KilnError('SHAPE_MISMATCH', {
          expected: `uint8 [${count}, ${frame.height}, ${frame.width}, 3] with at least one picture`,
          received: `${images.length} bytes`,
        });
      }
      const dims = [count, frame.height, frame.width, 3];
      const outputs = await session.run({ [tensorNames.images]: { dtype: 'uint8', dims, data: images } }, [
        tensorNames.probabilities,
      ]);
      const probabilities = outputs[tensorNames.probabilities]?.data;
      if (probabilities instanceof Float32Array && probabilities.length === count * labels.length) {
        return probabilities; // [count, labels]
      }
      throw new KilnError('MODEL_INVALID', {
        expected: `${tensorNames.probabilities} float32 [${count}, ${labels.length}]`,
        received: `${probabilities?.constructor.name} of ${probabilities?.length}`,
      });
    },
    close: () => session.release(),
  };
}
