// A program of somebody's: the test compiles and runs it where onnx-kiln is installed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import fastify from 'fastify';
import {
  createDataset,
  exportModel,
  KilnError,
  loadClassifier,
  readModel,
  type ServeOptions,
  serve,
  type TrainResult,
  topPredictions,
  train,
} from 'onnx-kiln';
import type * as browser from 'onnx-kiln/browser';
import { KilnClient } from 'onnx-kiln/client';
import { fileFrom } from 'onnx-kiln/client/node';
import { kiln } from 'onnx-kiln/fastify';
import { network } from '../../examples/network.js';

const [folder = '.', picture = 'picture.png'] = process.argv.slice(2);
const side = 32;
const examples = {
  images: Uint8Array.from({ length: 6 * side * side * 3 }, (_, index) => (index * 31) % 256),
  labels: Int32Array.from([0, 1, 0, 1, 0, 1]),
};
const dataset = createDataset({
  name: 'two',
  labels: ['dark', 'light'],
  height: side,
  width: side,
  splits: { train: examples, validation: examples, test: examples },
});
const result: TrainResult = await train({
  dataset,
  network,
  steps: 1,
  batch: 2,
  engine: 'onnx',
  device: 'cpu',
  runs: folder,
});
const file = await exportModel({ source: result.folder, network, dataset, out: join(folder, 'two.onnx') });

const classifier = await loadClassifier(await readModel(file.path), { device: 'cpu' });
const probabilities = await classifier.classify(examples.images.subarray(0, side * side * 3), 1);
const [best] = topPredictions(probabilities, classifier.metadata.labels, 1);
await classifier.close();
assert.ok(best !== undefined && dataset.labels.includes(best.label));

const options: ServeOptions = { models: file.path, port: 0, device: 'cpu', workers: 1, logLevel: 'silent' };
const server = await serve(options);
const { results } = await new KilnClient(server.address).classify(await fileFrom(picture));
assert.equal(results.length, 1);
await server.close();

const app = fastify();
await app.register(kiln, { prefix: '/ml', models: file.path, device: 'cpu', workers: 1 });
assert.equal((await app.inject('/ml/models')).statusCode, 200);
await app.close();

await assert.rejects(loadClassifier(new Uint8Array(8)), KilnError);
export type InTheTab = typeof browser.loadClassifier | typeof browser.openTeacher;
console.log(`${file.metadata.name}: ${best.label}`);
