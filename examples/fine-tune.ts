import { join } from 'node:path';
import { exportModel, train } from 'onnx-kiln';

// Goes on from a trained file with other pictures and labels: the last layer is new, all else begins as it was.
const [photos = 'my-photos', init = 'models/cifar10-deepcnn.onnx', epochs = '10', runs = 'runs'] =
  process.argv.slice(2);
const result = await train({
  dataset: 'folder',
  dataDir: photos,
  init,
  epochs: Number(epochs),
  rateScale: 0.1, // what was learned already is to change little
  runs,
  run: 'fine-tuned',
  onEvent: (event) => event.kind === 'message' && console.log(event.text),
});
console.log(`${result.status} at step ${result.step}: ${result.validation?.ema} right on validation`);

const file = await exportModel({ source: result.folder, out: join(runs, 'fine-tuned.onnx') });
console.log(`${file.path}: ${file.metadata.labels.join(', ')}`);
