import { KilnClient } from 'onnx-kiln/client';
import { fileFrom } from 'onnx-kiln/client/node';

// Has a running service classify picture files, whose paths are given after its address.
const [address = 'http://127.0.0.1:8080', ...paths] = process.argv.slice(2);
const client = new KilnClient(address, { timeoutMs: 10_000 });
const pictures = await Promise.all(paths.map(fileFrom));
const { model, results } = await client.classify(pictures, { top: 1 });
console.log(`${model.name}, version ${model.version}`);
for (const result of results) {
  const answer = 'error' in result ? result.error.message : result.predictions[0]?.label;
  console.log(`${result.name}: ${answer}`);
}
