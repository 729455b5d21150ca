import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { inferenceGraph } from '../../export/inference-graph.js';
import { deepcnn } from '../../networks/deepcnn.js';
import { answer, operand, operandData, readGolden } from '../fixtures/golden.js';
import { hashedBytes, relativeDifference } from '../fixtures/numbers.js';
import { floats, runGraph } from '../fixtures/run-graph.js';

const { images, parameters, cases } = readGolden(
  'deepcnn',
  Type.Object({
    images: Type.Object({ shape: Type.Array(Type.Integer()), salt: Type.Integer() }),
    parameters: Type.Record(Type.String(), operand),
    cases: Type.Array(Type.Object({ name: Type.String(), output: answer })),
  }),
);

function forward(weights: ReadonlyMap<string, Float32Array>) {
  const graph = inferenceGraph(deepcnn, { height: 32, width: 32 }, 10);
  const frames = {
    dtype: 'uint8',
    dims: images.shape,
    data: hashedBytes(images.shape, images.salt),
  } as const;
  return runGraph(graph, { images: frames }, weights);
}

function weights(): Map<string, Float32Array> {
  return new Map(Object.entries(parameters).map(([name, formula]) => [name, operandData(formula)]));
}

test('the whole network gives the answers of the same network in PyTorch, from bytes on', async () => {
  const outputs = await forward(weights());
  assert.deepEqual(
    cases.map(({ name }) => name),
    ['logits', 'probabilities'],
  );
  for (const { name, output } of cases) {
    assert.deepEqual(outputs[name]?.dims, output.shape);
    const difference = relativeDifference(floats(outputs, name), output.data);
    assert.ok(difference < 1e-5, `${name}: relative difference ${difference}`);
  }
});

test('control: one layer with its biases left out gives other answers', async () => {
  for (const name of Object.keys(parameters).filter((key) => key.endsWith('biases'))) {
    const changed = weights();
    changed.get(name)!.fill(0);
    const difference = relativeDifference(floats(await forward(changed), 'logits'), cases[0]!.output.data);
    assert.ok(difference > 1e-3, `${name}: relative difference ${difference}`);
  }
});
