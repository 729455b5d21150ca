import { join } from 'node:path';
import { exportModel, pageFolder, serve, train } from 'onnx-kiln';

// From one's own photographs, one folder a class, to a page that names others.
const [photos = 'my-photos', epochs = '30', runs = 'runs'] = process.argv.slice(2);
const result = await train({
  dataset: 'folder',
  dataDir: photos,
  epochs: Number(epochs),
  runs,
  run: 'photos',
  onEvent: (event) => event.kind === 'logged' && console.log(event.text),
});
console.log(`${result.status} at step ${result.step}: ${result.validation?.ema} right on validation`);

const file = await exportModel({ source: result.folder, out: join(runs, 'photos.onnx'), name: 'photos' });
const server = await serve({ models: file.path, pageFolder, port: Number(process.env.PORT ?? 8080) });
console.log(`${file.metadata.labels.join(', ')}: ${server.address}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
