import type { Classifier } from '../../runtime/classifier.js';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { timeInTurn } from '../../runtime/timing.js';

const rounds = 100;

/** Median milliseconds of each file for one picture, on one thread, the files in turn. */
export async function latencies(files: readonly Uint8Array[]): Promise<readonly number[]> {
  const classifiers: Classifier[] = [];
  try {
    for (const file of files) classifiers.push(await loadClassifier(file, { device: 'cpu', threads: 1 }));
    const subjects = classifiers.map((classifier, index) => {
      const { height, width } = classifier.metadata.frame;
      const picture = new Uint8Array(height * width * 3);
      return { name: String(index), run: async () => void (await classifier.classify(picture, 1)) };
    });
    return (await timeInTurn(subjects, rounds)).map(({ median }) => median);
  } finally {
    for (const classifier of classifiers) await classifier.close();
  }
}
