import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBinary } from '@bufbuild/protobuf';
import { inferenceGraph } from '../../export/inference-graph.js';
import { checkParity, parityTolerance } from '../../export/parity.js';
import { parityPictures } from '../../export/parity-pictures.js';
import type { Network } from '../../networks/network.js';
import { decodeModel } from '../../onnx/decode.js';
import { encodeModel } from '../../onnx/encode.js';
import type { Graph } from '../../onnx/graph.js';
import { add, mul, softmax } from '../../onnx/operators/index.js';
import { encodeMetadata } from '../../runtime/metadata.js';
import { openModelFile } from '../../runtime/model-file.js';
import { ModelProtoSchema } from '../../third_party/onnx/onnx_pb.js';
import { declaredParameters, initialParameters } from '../../train/parameters.js';
import { cifar10Labels, tinycnn, tinyModel } from '../fixtures/model.js';
import { smallShapes } from '../train/small-run.js';

const frame = { height: 32, width: 32 };
const classes = cifar10Labels.length;
const pictures = parityPictures(frame, smallShapes.split('test'));

const values = initialParameters(tinycnn, classes, 0);
const weights = new Map(
  Array.from(declaredParameters(tinycnn, classes), ([name, { dims }]) => [
    name,
    { dims, data: values.get(name)! },
  ]),
);
const reference = { network: tinycnn, classes, weights };

/** A file with tinyModel's metadata and weights around another graph. */
function fileOf(graph: Graph, parameters: ReadonlyMap<string, Float32Array> = values): Uint8Array {
  const { metadata } = openModelFile(tinyModel());
  return encodeModel(graph, { name: 'wrong', parameters, metadata: encodeMetadata(metadata) });
}

test('a right file agrees with the trainer and in WebAssembly, on every picture', async () => {
  const report = await checkParity(tinyModel(), reference, pictures);
  assert.equal(report.pictures, pictures.count);
  assert.ok(report.trainer <= parityTolerance && report.web <= parityTolerance);
});

/** Each wrong in one way that a reader of the file could not see. */
const wrong = {
  'a crop that is one pixel off': () => {
    const model = decodeModel(tinyModel());
    const moved = { 'ints(4)': 3n, 'ints(28)': 27n };
    for (const [name, value] of Object.entries(moved)) {
      const tensor = model.graph!.initializer.find((initializer) => initializer.name === name)!;
      tensor.rawData = new Uint8Array(BigInt64Array.of(value).buffer);
    }
    return toBinary(ModelProtoSchema, model);
  },
  'weights of another seed': () => tinyModel({ seed: 1 }),
  'one bias that is 0.01 too large': () => {
    const biases = values.get('softmax_linear/biases')!.slice();
    biases[3]! += 0.01;
    return fileOf(
      inferenceGraph(tinycnn, frame, classes),
      new Map([...values, ['softmax_linear/biases', biases]]),
    );
  },
  'no standardisation': () => {
    const bright: Network = {
      ...tinycnn,
      forward: (graph, images, count, mode) => tinycnn.forward(graph, add(mul(images, 60), 120), count, mode),
    };
    return fileOf(inferenceGraph(bright, frame, classes));
  },
  'probabilities of a sharper softmax': () => {
    const graph = inferenceGraph(tinycnn, frame, classes);
    const logits = graph.outputs.get('logits')!;
    graph.outputs.set('probabilities', softmax(mul(logits, 1.01)));
    return fileOf(graph);
  },
};

for (const [name, make] of Object.entries(wrong)) {
  test(`refuses ${name}`, async () => {
    await assert.rejects(checkParity(make(), reference, pictures), {
      name: 'KilnError',
      code: 'EXPORT_PARITY',
      expected: 'probabilities of the trainer within 0.00001',
      received: /^onnxruntime-node gives .+ for class \d of picture \d+, the trainer .+$/,
    });
  });
}

test('refuses weights that are not finite, although both sides agree on them', async () => {
  const broken = values.get('softmax_linear/biases')!.slice().fill(Number.NaN);
  const file = fileOf(
    inferenceGraph(tinycnn, frame, classes),
    new Map([...values, ['softmax_linear/biases', broken]]),
  );
  const same = new Map([...weights, ['softmax_linear/biases', { dims: [classes], data: broken }]]);
  await assert.rejects(checkParity(file, { ...reference, weights: same }, pictures), {
    code: 'EXPORT_PARITY',
    received: /gives NaN for class/,
  });
});

test('without a dataset there are pictures all the same, constant ones among them', () => {
  const { images, count } = parityPictures(frame);
  assert.equal(images.length, count * 32 * 32 * 3);
  const deviations = Array.from(
    { length: count },
    (_, i) => new Set(images.subarray(i * 3072, (i + 1) * 3072)).size,
  );
  assert.ok(deviations.filter((levels) => levels === 1).length >= 3);
  assert.ok(deviations.filter((levels) => levels > 200).length >= 3);
});
