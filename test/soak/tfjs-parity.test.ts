import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summariseNetwork } from '../../export/layers.js';
import { networks } from '../../networks/registry.js';
import type { TrainingBatch, TrainingState } from '../../train/engine.js';
import { hashed } from '../fixtures/numbers.js';
import { broken, compare, openBoth } from '../train/tfjs/parity.js';

/** Of one step, forward: as many as 128 examples of deepcnn take. TensorFlow.js has one thread here. */
const multiplyAddsOfStep = 2.5e9;

const rates = { learningRate: 0.05, emaDecay: 0.9 };

/**
 * speednet begins with filters that pass their channels on, and what GELU has flattened twice is equal in many places:
 * maxima among equals, of which each engine takes its own. So every filter is moved a little first.
 */
function shaken({ step, tensors }: TrainingState): TrainingState {
  const moved = Array.from(tensors, ([name, { dims, data }], salt) => {
    const noise = hashed([data.length], salt, dims.length > 1 ? 0.02 : 0);
    return [name, { dims, data: data.map((value, index) => value + noise[index]!) }] as const;
  });
  return { step, tensors: new Map(moved) };
}

/** Drawn shapes have even areas, where neighbours in a pool's window are equal but for rounding. Photographs are grainy. */
function grainy({ images, labels }: TrainingBatch, salt: number): TrainingBatch {
  const grain = hashed([images.length], salt, 0.3);
  return { images: images.map((value, index) => value + grain[index]!), labels };
}

for (const network of Object.values(networks)) {
  const { multiplyAdds } = summariseNetwork(network, 10);
  const batch = Math.min(128, Math.round(multiplyAddsOfStep / multiplyAdds));
  test(`${network.name} at full width: 20 steps of ${batch} examples in both engines are the same`, async (t) => {
    const { onnx, tfjs, batches } = await openBoth({ network, batch });
    t.after(() => Promise.all([onnx.close(), tfjs.close()]));
    onnx.restore(shaken(onnx.snapshot()));
    const comparison = await compare(onnx, tfjs, batches(20).map(grainy), rates);
    t.diagnostic(`${tfjs.device?.provider} ${JSON.stringify(comparison)}`);
    assert.deepEqual(broken(comparison), []);
  });
}
