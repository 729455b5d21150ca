import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFilters } from '../../clients/page/model/filters.js';
import { layersOf } from '../../clients/page/model/network-layers.js';
import { foldNormalisation } from '../../export/fold-normalisation.js';
import { inferenceGraph } from '../../export/inference-graph.js';
import { summariseNetwork } from '../../export/layers.js';
import { networks } from '../../networks/registry.js';
import { decodeModel } from '../../onnx/decode.js';
import { encodeModel } from '../../onnx/encode.js';
import { initialParameters } from '../../train/parameters.js';
import { tinycnn, tinyModel } from '../fixtures/model.js';

for (const network of Object.values(networks)) {
  test(`the layers that are read from a file of ${network.name} are those of the network`, () => {
    const { graph, weights } = foldNormalisation(
      inferenceGraph(network, { height: 32, width: 32 }, 10),
      initialParameters(network, 10, 0),
    );
    const [preprocessing, ...layers] = layersOf(
      decodeModel(encodeModel(graph, { name: network.name, parameters: weights })),
    );
    const expected = summariseNetwork(network, 10).layers;
    assert.deepEqual(
      layers.map(({ name, output, tensors }) => ({ name, output, tensors })),
      expected.map(({ name, output, tensors }) => ({ name, output, tensors })),
    );
    assert.equal(preprocessing?.name, 'preprocessing');
    assert.deepEqual(preprocessing?.output, [3, network.input.height, network.input.width]);
    assert.ok(layers.some(({ operators }) => /^Conv \d×\d$/.test(operators[0] ?? '')));
  });
}

test('the first filters are those that the file holds', () => {
  const filters = firstFilters(decodeModel(tinyModel()));
  const weights = initialParameters(tinycnn, 10, 0).get('conv1/weights');
  const { count, height, width } = filters ?? {};
  assert.deepEqual([count, height, width], [8, 5, 5]);
  assert.deepEqual(filters?.weights, weights);
});
