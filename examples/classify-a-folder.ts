import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImage, KilnError, loadClassifier, readModel, toFrame, topPredictions } from 'onnx-kiln';

// Names every picture of a folder: one process, no service. `kiln classify` does it with all cores.
const [folder = '.', model = 'models/cifar10-deepcnn.onnx'] = process.argv.slice(2);
const classifier = await loadClassifier(await readModel(model));
const { labels, frame } = classifier.metadata;

for (const entry of await readdir(folder, { withFileTypes: true })) {
  const { name } = entry;
  if (!entry.isFile()) continue;
  try {
    const pixels = await decodeImage(await readFile(join(folder, name)));
    const probabilities = await classifier.classify(toFrame(pixels, frame.height, frame.width), 1);
    const best = topPredictions(probabilities, labels, 3);
    const shares = best.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`);
    console.log(`${name}: ${shares.join(', ')}`);
  } catch (error) {
    if (!(error instanceof KilnError)) throw error;
    console.log(`${name}: ${error.message}`); // no picture, or a damaged one: the others go on
  }
}
await classifier.close();
