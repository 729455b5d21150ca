import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network } from '../../networks/network.js';
import {
  batchNorm,
  batchStatistics,
  conv,
  flatten,
  matMul,
  normalise,
  relu,
} from '../../onnx/operators/index.js';
import type { TrainingBatch } from '../../train/engine.js';
import { createOnnxEngine } from '../../train/onnx-engine.js';
import { initialState } from '../../train/state.js';
import { companion, type StepDescription, stepGraph } from '../../train/step-graph.js';
import { hashed } from '../fixtures/numbers.js';

const [batch, classes, rate] = [6, 3, 0.4];

/** A frozen convolution, a normalised one, and a linear layer. */
const network: Network = {
  name: 'normalised',
  input: { channels: 3, height: 4, width: 4 },
  preprocessing: { crop: { height: 4, width: 4 }, normalise: 'per-image-standardisation' },
  forward(graph, images, count, mode) {
    const normal = { kind: 'truncated-normal', std: 0.3 } as const;
    const constant = (value: number) => ({ kind: 'constant', value }) as const;
    const frozen = graph.parameter('frozen', [4, 3, 1, 1], {
      initialiser: normal,
      decay: 0,
      role: { kind: 'frozen' },
    });
    const x = conv(images, frozen);
    const bias = graph.parameter('bias', [4], { initialiser: constant(0.1), decay: 0 });
    const role = { kind: 'statistic', rate } as const;
    const mean = graph.parameter('mean', [4], { initialiser: constant(0.5), decay: 0, role });
    const variance = graph.parameter('variance', [4], { initialiser: constant(1), decay: 0, role });
    const epsilon = 1e-5;
    let y = normalise(x, { mean, variance, bias, epsilon });
    if (mode === 'training') {
      const seen = batchStatistics(x);
      graph.observe(mean, seen.mean);
      graph.observe(variance, seen.variance);
      y = batchNorm(x, { bias, epsilon });
    }
    const features = flatten(relu(y));
    return matMul(features, graph.parameter('head', [64, count], { initialiser: normal, decay: 0 }));
  },
};

const description: StepDescription = {
  network,
  classes,
  batch,
  optimizer: { kind: 'momentum', momentum: 0.9, nesterov: true },
  weightDecay: 'network',
  labelSmoothing: 0,
};

const data: TrainingBatch = {
  images: Float32Array.from(hashed([batch, 3, 4, 4], 1, 1)),
  labels: Int32Array.from({ length: batch }, (_, i) => i % classes),
};

function openEngine() {
  const state = initialState(network, classes, description.optimizer, 0);
  return createOnnxEngine({ description, state, device: 'cpu', threads: 1 });
}

/** Mean and variance of each channel of the frozen convolution, in float64. */
function observed(filters: Float32Array) {
  return Array.from({ length: 4 }, (_, filter) => {
    const values: number[] = [];
    for (let image = 0; image < batch; image += 1) {
      for (let place = 0; place < 16; place += 1) {
        const at = (channel: number) => data.images[(image * 3 + channel) * 16 + place]!;
        values.push(
          [0, 1, 2].reduce((sum, channel) => sum + at(channel) * filters[3 * filter + channel]!, 0),
        );
      }
    }
    const mean = values.reduce((a, b) => a + b) / values.length;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
  });
}

test('a step moves statistics towards the batch, leaves what is frozen and moves the rest', async (t) => {
  const engine = openEngine();
  t.after(() => engine.close());
  const before = engine.snapshot().tensors;
  await engine.run([data], [{ learningRate: 0.1, emaDecay: 0.5 }]);
  const after = engine.snapshot().tensors;
  for (const [filter, { mean, variance }] of observed(before.get('frozen')!.data).entries()) {
    for (const [name, first, seen] of [
      ['mean', 0.5, mean],
      ['variance', 1, variance],
    ] as const) {
      const moved = first + rate * (seen - first);
      assert.ok(Math.abs(after.get(name)!.data[filter]! - moved) < 1e-6);
      assert.ok(Math.abs(after.get(companion.ema(name))!.data[filter]! - (first + moved) / 2) < 1e-6);
    }
  }
  assert.deepEqual(after.get('frozen'), before.get('frozen'));
  assert.ok(!after.has(companion.momentum('frozen')) && !after.has(companion.momentum('mean')));
  for (const name of ['bias', 'head']) assert.notDeepEqual(after.get(name), before.get(name));
});

test('both halves of a step are the step, with statistics among the gradients', async (t) => {
  const [whole, halves] = [openEngine(), openEngine()];
  t.after(() => Promise.all([whole.close(), halves.close()]));
  const rates = { learningRate: 0.1, emaDecay: 0.5 };
  await whole.run([data], [rates]);
  const { gradients } = await halves.gradients(data);
  assert.deepEqual(new Set(gradients.keys()), new Set(['bias', 'mean', 'variance', 'head']));
  await halves.apply(gradients, rates);
  for (const [name, { data: values }] of whole.snapshot().tensors) {
    const other = halves.snapshot().tensors.get(name)!.data;
    assert.ok(
      values.every((value, index) => Math.abs(value - other[index]!) < 1e-6),
      name,
    );
  }
});

test('a statistic that training forgets to watch is refused by name', () => {
  const careless: Network = {
    ...network,
    forward: (graph, images, count) => network.forward(graph, images, count, 'inference'),
  };
  assert.throws(() => stepGraph({ ...description, network: careless }), {
    code: 'PART_INVALID',
    received: 'none of mean',
  });
});

test('evaluation goes by the statistics, not by its batch', async (t) => {
  const engine = openEngine();
  t.after(() => engine.close());
  const together = await engine.evaluate(data.images, batch, 'raw');
  const alone = await engine.evaluate(data.images.subarray(0, 48), 1, 'raw');
  assert.ok(alone.every((logit, index) => Math.abs(logit - together[index]!) < 1e-5));
});
