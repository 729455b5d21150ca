import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-web';
import { encodeModel } from '../../../onnx/encode.js';
import { gradients } from '../../../onnx/gradients.js';
import { Graph, type Value } from '../../../onnx/graph.js';
import {
  batchNorm,
  batchStatistics,
  conv,
  gelu,
  maxPool,
  mul,
  normalise,
  reduceSum,
  reflectPad,
} from '../../../onnx/operators/index.js';
import { openWebSession } from '../../../runtime/web-classifier.js';
import { float32, hashed, relativeDifference } from '../../fixtures/numbers.js';
import { floats, runGraph } from '../../fixtures/run-graph.js';

const shape = [2, 16, 7, 6];
const feeds = {
  x: float32(shape, hashed(shape, 1, 2)),
  weights: float32([4, 16, 3, 3], hashed([4, 16, 3, 3], 2, 0.2)),
  bias: float32([4], hashed([4], 3, 1)),
};

/** A block of a modern network and its gradients, and the same as inference has it. */
function block(): Graph {
  const graph = new Graph();
  const [x, weights, bias] = Object.entries(feeds).map(([name, { dims }]) =>
    graph.input(name, 'float32', dims),
  ) as [Value, Value, Value];
  const pooled = maxPool(conv(reflectPad(x, [0, 0, 1, 1], [0, 0, 1, 1]), weights), {
    kernel: [2, 2],
    strides: [2, 2],
  }); // [2, 4, 3, 3]
  const { mean, unbiasedVariance: variance } = batchStatistics(pooled);
  const y = gelu(batchNorm(pooled, { bias, epsilon: 1e-5 }));
  const loss = reduceSum(mul(y, graph.constant('float32', y.dims, hashed(y.dims, 4, 1))));
  const [dx, dweights, dbias] = gradients(loss, [x, weights, bias]) as [Value, Value, Value];
  const inferred = gelu(normalise(pooled, { mean, variance, bias, epsilon: 1e-5 }));
  const results = { y, dx, dweights, dbias, mean, variance, inferred };
  for (const [name, value] of Object.entries(results)) graph.output(name, value);
  return graph;
}

test('operators of modern networks and their gradients: WebAssembly computes what the native runtime does', async () => {
  const native = await runGraph(block(), feeds);
  ort.env.wasm.numThreads = 1;
  const session = await openWebSession(ort, encodeModel(block(), { name: 'test' }), 'wasm');
  const web = await session.run(feeds);
  await session.release();
  assert.deepEqual(Object.keys(web), ['y', 'dx', 'dweights', 'dbias', 'mean', 'variance', 'inferred']);
  for (const name of Object.keys(web)) {
    const difference = relativeDifference(floats(web, name), floats(native, name));
    assert.ok(difference < 2e-6, `${name}: relative difference ${difference}`);
    assert.ok(
      floats(native, name).some((value) => Math.abs(value) > 1e-3),
      `control: ${name} is not all zero`,
    );
  }
});
