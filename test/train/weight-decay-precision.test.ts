import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networks } from '../../networks/registry.js';
import { specOf } from '../../onnx/graph.js';
import type { TrainingBatch } from '../../train/engine.js';
import { declaredParameters } from '../../train/parameters.js';
import { openBoth } from './tfjs/parity.js';

/** Σ decay·w²/2 with sums in float64, or in float32 one number after the other. */
function decayTerm(
  round: (value: number) => number,
  weights: ReadonlyMap<string, { data: Float32Array }>,
  decays: ReadonlyMap<string, number>,
): number {
  let total = 0;
  for (const [name, decay] of decays) {
    const squares = weights.get(name)!.data.reduce((sum, value) => round(sum + value * value), 0);
    total += (decay / 2) * squares;
  }
  return total;
}

const decayed = Object.values(networks).filter((network) =>
  [...declaredParameters(network, 10).values()].some((value) => specOf(value).decay > 0),
);

for (const network of decayed) {
  test(`${network.name}: the loss of 32-bit sums is within a millionth of the loss of 64-bit sums`, async (t) => {
    const { onnx, tfjs, batches } = await openBoth({ network, batch: 1 });
    t.after(() => Promise.all([onnx.close(), tfjs.close()]));
    const decays = new Map(
      Array.from(declaredParameters(network, 10), ([name, value]) => [name, specOf(value).decay] as const),
    );
    const weights = onnx.snapshot().tensors;
    const exact = decayTerm((sum) => sum, weights, decays);
    const [batch] = batches(1) as [TrainingBatch];
    for (const engine of [onnx, tfjs]) {
      const { losses } = await engine.gradients(batch);
      const difference = losses.total / (losses.crossEntropy + exact) - 1;
      assert.ok(Math.abs(difference) < 1e-6, `${engine.device?.engine}: ${difference}`);
    }
    const naive = decayTerm(Math.fround, weights, decays);
    assert.ok(Math.abs(naive / exact - 1) > 1e-6, 'control: one long float32 sum is further off');
  });
}
