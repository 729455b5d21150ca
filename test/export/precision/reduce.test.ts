import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { toBinary } from '@bufbuild/protobuf';
import type { Dataset, DatasetSplit } from '../../../data/dataset.js';
import { openShapes } from '../../../data/shapes.js';
import { fileCard } from '../../../export/card.js';
import { exportFile } from '../../../export/export-file.js';
import { inspectFile } from '../../../export/inspect.js';
import { parityPictures } from '../../../export/parity-pictures.js';
import { compareOn, requireAgreement, requireWithin } from '../../../export/precision/comparison.js';
import { halveWeights } from '../../../export/precision/half-weights.js';
import { withMetadata } from '../../../export/precision/proto-parts.js';
import { reducedModel, reducePrecision } from '../../../export/precision/reduce.js';
import { decodeModel } from '../../../onnx/decode.js';
import { floatInitialisers } from '../../../onnx/initialisers.js';
import { encodeMetadata } from '../../../runtime/metadata.js';
import { openModelFile } from '../../../runtime/model-file.js';
import { loadClassifier } from '../../../runtime/node-classifier.js';
import { readModel } from '../../../runtime/read-model.js';
import { type ModelProto, ModelProtoSchema } from '../../../third_party/onnx/onnx_pb.js';
import { cifar10Labels, tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';

const shapes = await openShapes({ train: 100, validation: 400, test: 50 });
const source = openModelFile(tinyModel());
const pictures = parityPictures(source.metadata.frame);

/** The pictures of a split, each labelled as the float32 file answers: it is right on all of them. */
async function labelledBy(file: Uint8Array, split: DatasetSplit): Promise<DatasetSplit> {
  const indices = Array.from({ length: split.count }, (_, index) => index);
  const classifier = await loadClassifier(file, { device: 'cpu', threads: 1 });
  const answers = await classifier.classify(split.read(indices).images, split.count);
  await classifier.close();
  const labels = Int32Array.from(indices, (index) => {
    const row = answers.subarray(index * cifar10Labels.length, (index + 1) * cifar10Labels.length);
    return row.indexOf(Math.max(...row));
  });
  return {
    ...split,
    name: split.name,
    count: split.count,
    share: () => split.share(),
    read: (chosen) => ({
      ...split.read(chosen),
      labels: Int32Array.from(chosen, (index) => labels[index]!),
    }),
  };
}

const validation = await labelledBy(source.bytes, shapes.split('validation'));
const dataset: Dataset = {
  ...shapes,
  split: (name) => (name === 'validation' ? validation : shapes.split(name)),
};

const fileOf = (model: ModelProto) =>
  toBinary(ModelProtoSchema, withMetadata(model, encodeMetadata(source.metadata)));

test('int8 answers as float32 does and says what it is', async () => {
  const { bytes, metadata } = await reducePrecision(source, {
    precision: { kind: 'int8', budget: 3 },
    dataset,
  });
  const { kind, source: from, comparison, latency } = metadata.precision!;
  assert.equal(kind, 'int8');
  assert.equal(from.bytes, source.bytes.length);
  assert.deepEqual(
    [comparison!.split, comparison!.count, comparison!.sourcePrecisionAt1],
    ['validation', 400, 1],
  );
  assert.ok(comparison!.agreement >= 0.97 && comparison!.precisionAt1 === comparison!.agreement);
  assert.ok(latency.milliseconds > 0 && latency.sourceMilliseconds > 0);
  const summary = inspectFile(bytes);
  assert.deepEqual(summary.parameters, inspectFile(source.bytes).parameters);
  assert.match(fileCard(summary), /^Numbers +int8: products of integers$/m);
  await assert.rejects(reducePrecision(openModelFile(bytes), { precision: { kind: 'fp16' }, dataset }), {
    code: 'OPTION_INVALID',
    received: 'a file of int8',
  });
});

test('a scale that is wrong is refused, with both figures', async () => {
  const model = await reducedModel(source, 'int8', dataset);
  const right = await compareOn(validation, { source: source.bytes, reduced: fileOf(model) });
  requireWithin({ kind: 'int8', budget: 3 }, right);
  const scale = model.graph!.initializer.find(({ name }) => name === 'relu/scale')!;
  scale.rawData = new Uint8Array(
    Float32Array.from(new Float32Array(scale.rawData.slice().buffer), (value) => value / 8).buffer,
  );
  const wrong = await compareOn(validation, { source: source.bytes, reduced: fileOf(model) });
  assert.throws(() => requireWithin({ kind: 'int8', budget: 3 }, wrong), {
    code: 'EXPORT_ACCURACY',
    expected: 'at most 3 points less than the 100.00 % of float32 on 400 pictures of validation',
    received: /^\d+\.\d\d %, \d+\.\d\d points less; \d+\.\d\d % of the pictures are answered alike$/,
  });
});

test('a budget is kept to the picture', () => {
  const lost = (pictures: number) => ({
    split: 'validation',
    count: 5000,
    sourcePrecisionAt1: 4400 / 5000,
    precisionAt1: (4400 - pictures) / 5000,
    agreement: 0.99,
  });
  requireWithin({ kind: 'int8' }, lost(25));
  requireWithin({ kind: 'fp16' }, lost(2));
  requireWithin({ kind: 'fp16' }, lost(-30)); // it may be better
  assert.throws(() => requireWithin({ kind: 'int8' }, lost(26)), { code: 'EXPORT_ACCURACY' });
  assert.throws(() => requireWithin({ kind: 'fp16' }, lost(3)), { code: 'EXPORT_ACCURACY' });
});

test('fp16 keeps the weights to 11 bits, under their names', () => {
  const exact = floatInitialisers(decodeModel(source.bytes));
  const halved = floatInitialisers(halveWeights(decodeModel(source.bytes)));
  for (const name of ['conv1/weights', 'softmax_linear/weights']) {
    const [before, after] = [exact.get(name)!.data, halved.get(name)!.data];
    assert.notDeepEqual(after, before);
    for (const [index, weight] of after.entries())
      assert.ok(Math.abs(weight - before[index]!) <= Math.abs(before[index]!) * 2 ** -11 + 2 ** -25);
  }
  assert.deepEqual(halved.get('conv1/biases'), exact.get('conv1/biases'), 'too small to be worth it');
});

test('weights beyond the range of fp16 are refused', () => {
  const model = decodeModel(source.bytes);
  const tensor = model.graph!.initializer.find(({ name }) => name === 'conv1/weights')!;
  tensor.rawData = new Uint8Array(new Float32Array(600).fill(70_000).buffer);
  assert.throws(() => halveWeights(model), { code: 'EXPORT_ACCURACY', received: '70000 in conv1/weights' });
});

test('a file becomes an fp16 file, without its data by made pictures; int8 wants the data', async (t) => {
  const folder = await temporaryFolder(t);
  const [from, out] = [join(folder, 'float32.onnx'), join(folder, 'fp16.onnx')];
  await writeFile(from, source.bytes);
  const { bytes, metadata } = await exportFile({ source: from, out, precision: { kind: 'fp16' } });
  assert.ok(bytes < source.bytes.length);
  assert.equal(metadata.precision?.comparison, null);
  assert.deepEqual(openModelFile(await readModel(out)).metadata, metadata);
  await assert.rejects(
    exportFile({ source: from, out: join(folder, 'int8.onnx'), precision: { kind: 'int8' } }),
    { code: 'DATASET_UNKNOWN' },
  );
  assert.deepEqual((await readdir(folder)).sort(), ['float32.onnx', 'fp16.onnx']);
});

test('without labels every answer must be the same', async () => {
  const pair = { source: source.bytes, reduced: tinyModel({ seed: 1 }) };
  await assert.rejects(requireAgreement({ kind: 'fp16' }, pair, pictures), {
    code: 'EXPORT_ACCURACY',
    expected: `the same class for each of ${pictures.count} pictures`,
  });
});
