import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldNormalisation } from '../../export/fold-normalisation.js';
import { inferenceGraph } from '../../export/inference-graph.js';
import type { Network } from '../../networks/network.js';
import { speednet } from '../../networks/speednet.js';
import type { Value } from '../../onnx/graph.js';
import { add, conv, flatten, matMul, normalise, reverse } from '../../onnx/operators/index.js';
import { initialParameters } from '../../train/parameters.js';
import { hashed, hashedBytes, relativeDifference } from '../fixtures/numbers.js';
import { floats, runGraph } from '../fixtures/run-graph.js';

const frame = { height: 32, width: 32 };

/** Initial weights, with biases and statistics as training would have left them: none is 0 or 1. */
function trained(network: Network): Map<string, Float32Array> {
  return new Map(
    Array.from(initialParameters(network, 10, 1), ([name, data], salt) => {
      const noise = hashed([data.length], salt, 0.4);
      if (name.endsWith('whiten/weights')) return [name, noise];
      if (name.endsWith('variance')) return [name, noise.map((value) => 0.7 + value)];
      return [name, data.map((value, index) => value + 0.1 * noise[index]!)];
    }),
  );
}

async function logits(graph: Parameters<typeof runGraph>[0], weights: ReadonlyMap<string, Float32Array>) {
  const images = { dtype: 'uint8', dims: [3, 32, 32, 3], data: hashedBytes([3, 32, 32, 3], 5) } as const;
  return floats(await runGraph(graph, { images }, weights), 'logits');
}

test('folded into its convolutions, also through a pool, a network answers the same', async () => {
  const weights = trained(speednet);
  const graph = inferenceGraph(speednet, frame, 10);
  const folded = foldNormalisation(graph, weights);
  assert.equal(folded.graph.nodes.filter(({ operator }) => operator === 'normalise').length, 0);
  assert.ok(
    ![...folded.weights.keys(), ...folded.graph.parameters.keys()].some((name) => /moving/.test(name)),
  );
  const expected = await logits(graph, weights);
  const actual = await logits(folded.graph, folded.weights);
  assert.ok(relativeDifference(actual, expected) < 1e-5, `${relativeDifference(actual, expected)}`);

  // CONTROL: a statistic that is a tenth larger is seen.
  const variance = 'group2/norm1/moving_variance';
  const other = new Map(weights).set(
    variance,
    weights.get(variance)!.map((value) => 1.1 * value),
  );
  const changed = foldNormalisation(graph, other);
  assert.ok(relativeDifference(await logits(changed.graph, changed.weights), expected) > 1e-3);
});

test('the folded weights are those of the network with statistics 0 and 1', async () => {
  const weights = trained(speednet);
  const graph = inferenceGraph(speednet, frame, 10);
  const folded = foldNormalisation(graph, weights);
  const unfolded = new Map([...initialParameters(speednet, 10, 1), ...folded.weights]);
  const difference = relativeDifference(await logits(graph, unfolded), await logits(graph, weights));
  assert.ok(difference < 1e-5, `${difference}`);
});

interface Parts {
  readonly images: Value;
  readonly filters: Value;
  /** The convolution's answer, before it is normalised. */
  readonly x: Value;
  readonly otherFilters: () => Value;
}

/** How many normalisations are left of a network that adds something to a normalised convolution. */
function normalisationsLeft(added: (parts: Parts) => Value): number {
  const network: Network = {
    ...speednet,
    forward(graph, images, classes) {
      const parameter = (name: string, dims: readonly number[], value = 0) =>
        graph.parameter(name, dims, { initialiser: { kind: 'constant', value }, decay: 0 });
      const filters = parameter('weights', [4, 3, 32, 32], 0.1);
      const x = conv(images, filters); // [B, 4, 1, 1]
      const [mean, variance, bias] = [
        parameter('mean', [4]),
        parameter('variance', [4], 1),
        parameter('bias', [4]),
      ];
      const normalised = normalise(x, { mean, variance, bias, epsilon: 1e-3 });
      const otherFilters = () => parameter('others', [4, 3, 32, 32], 0.1);
      const both = add(normalised, added({ images, filters, x, otherFilters }));
      return matMul(flatten(both), parameter('head', [4, classes]));
    },
  };
  const { graph } = foldNormalisation(inferenceGraph(network, frame, 10), initialParameters(network, 10, 0));
  return graph.nodes.filter(({ operator }) => operator === 'normalise').length;
}

test('an answer, or filters, that something else needs too keep their normalisation', () => {
  assert.equal(
    normalisationsLeft(({ x }) => x),
    1,
  );
  assert.equal(
    normalisationsLeft(({ images, filters }) => conv(reverse(images, [3]), filters)),
    1,
  );
  // CONTROL: filters of its own are none of its business.
  assert.equal(
    normalisationsLeft(({ images, otherFilters }) => conv(reverse(images, [3]), otherFilters())),
    0,
  );
});
