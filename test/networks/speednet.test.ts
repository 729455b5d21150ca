import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summariseNetwork } from '../../export/layers.js';
import { speednet } from '../../networks/speednet.js';
import { Graph, roleOf } from '../../onnx/graph.js';
import { declaredParameters, initialParameters } from '../../train/parameters.js';
import { isTrained } from '../../train/step-graph.js';

function build(mode: 'training' | 'inference'): Graph {
  const graph = new Graph();
  graph.output('logits', speednet.forward(graph, graph.input('images', 'float32', [4, 3, 32, 32]), 10, mode));
  return graph;
}

test('it has the parameters of its source, and its multiply-adds but for what a pool leaves out', () => {
  const { parameters, multiplyAdds } = summariseNetwork(speednet, 10);
  assert.equal(parameters, 1_971_640);
  assert.ok(multiplyAdds > 104e6 && multiplyAdds < 106e6, `${multiplyAdds} of 118.1 million`);
});

test('both modes declare the same parameters; training watches every statistic', () => {
  const [training, inference] = [build('training'), build('inference')];
  assert.deepEqual([...training.parameters.keys()], [...inference.parameters.keys()]);
  const statistics = [...training.parameters.values()].filter((value) => roleOf(value).kind === 'statistic');
  assert.equal(statistics.length, 12);
  assert.deepEqual(new Set(training.observations.keys()), new Set(statistics.map(({ name }) => name)));
  assert.equal(inference.observations.size, 0);
});

test('the whitening filters are frozen, everything else but the statistics is trained', () => {
  const declared = [...declaredParameters(speednet, 10).values()];
  const others = declared.filter((value) => !isTrained(value) && roleOf(value).kind !== 'statistic');
  assert.deepEqual(
    others.map(({ name }) => name),
    ['whiten/weights'],
  );
});

test('a convolution begins by passing its channels on', () => {
  const weights = initialParameters(speednet, 10, 3).get('group2/conv1/weights')!;
  for (const filter of [0, 17, 63]) {
    const own = weights.subarray(filter * 576, (filter + 1) * 576);
    assert.deepEqual(
      [...own.keys()].filter((at) => own[at] !== 0),
      [filter * 9 + 4],
    );
    assert.equal(own[filter * 9 + 4], 1);
  }
  const limit = 1 / Math.sqrt(576);
  const others = weights.subarray(64 * 576);
  assert.ok(others.every((weight) => Math.abs(weight) <= limit));
  const deviation = Math.sqrt(others.reduce((sum, weight) => sum + weight * weight, 0) / others.length);
  assert.ok(Math.abs(deviation * Math.sqrt(3) - limit) < 0.01 * limit, 'uniform up to the limit');
});
