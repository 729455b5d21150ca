import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { inferenceGraph } from '../../export/inference-graph.js';
import type { Network } from '../../networks/network.js';
import { flatten } from '../../onnx/operators/index.js';
import { answer, readGolden } from '../fixtures/golden.js';
import { relativeDifference } from '../fixtures/numbers.js';
import { floats, runGraph } from '../fixtures/run-graph.js';

const { cases } = readGolden(
  'standardisation',
  Type.Object({
    cases: Type.Array(
      Type.Object({ name: Type.String(), frame: Type.Array(Type.Integer()), output: answer }),
    ),
  }),
);

/** A network that only hands out what it was given, so that the logits are the preprocessed pixels. */
const window: Network = {
  name: 'window',
  input: { channels: 3, height: 4, width: 5 },
  preprocessing: { crop: { height: 4, width: 5 }, normalise: 'per-image-standardisation' },
  forward: (_graph, images) => flatten(images), // [B, 60]
};

test('centre crop and per-image standardisation are as numpy computes them, each image by itself', async () => {
  const frames = Uint8Array.from(cases.flatMap(({ frame }) => frame));
  const outputs = await runGraph(inferenceGraph(window, { height: 9, width: 8 }, 60), {
    images: { dtype: 'uint8', dims: [cases.length, 9, 8, 3], data: frames },
  });
  const pixels = floats(outputs, 'logits');
  for (const [index, { name, output }] of cases.entries()) {
    const difference = relativeDifference(pixels.subarray(index * 60, index * 60 + 60), output.data);
    assert.ok(difference < 1e-5, `${name}: relative difference ${difference}`);
  }
});

test('control: a frame that lies one pixel off gives other numbers', async () => {
  const shifted = cases[0]!.frame.slice(3).concat(0, 0, 0);
  const outputs = await runGraph(inferenceGraph(window, { height: 9, width: 8 }, 60), {
    images: { dtype: 'uint8', dims: [1, 9, 8, 3], data: Uint8Array.from(shifted) },
  });
  const difference = relativeDifference(floats(outputs, 'logits'), cases[0]!.output.data);
  assert.ok(difference > 0.1, `relative difference ${difference}`);
});
