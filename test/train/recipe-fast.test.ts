import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepcnn } from '../../networks/deepcnn.js';
import { type Position, resolveOptimizer } from '../../train/recipe.js';
import { fast } from '../../train/recipes/fast.js';
import { tinycnn } from '../fixtures/model.js';

function at(share: number, batch: number): Position {
  const totalExamples = 512_000;
  const examples = share * totalExamples;
  return { step: examples / batch, totalSteps: totalExamples / batch, batch, examples, totalExamples };
}

test('the rate rises, falls to 0 and does not bend with the batch', () => {
  const rates = [0, 0.05, 0.1, 0.2, 0.5, 0.9, 1].map((share) => fast.learningRate(at(share, 512)));
  const same = [0, 0.05, 0.1, 0.2, 0.5, 0.9, 1].map((share) => fast.learningRate(at(share, 128)));
  assert.deepEqual(rates, same);
  const peak = rates.indexOf(Math.max(...rates));
  for (const [index, rate] of rates.entries()) {
    if (index === 0) continue;
    const rises = rate > rates[index - 1]!;
    assert.equal(rises, index <= peak, `rates ${rates.join(', ')}`);
  }
  assert.equal(rates.at(-1), 0);
});

test('the last matrix of any network moves as vectors do', () => {
  for (const network of [deepcnn, tinycnn]) {
    const optimizer = resolveOptimizer(fast.optimizer, network, 10);
    assert.equal(optimizer.kind, 'muon');
    assert.deepEqual(optimizer.kind === 'muon' && optimizer.excluded, ['softmax_linear/weights']);
  }
  const named = resolveOptimizer(
    { kind: 'muon', momentum: 0.9, matrixRate: 1, matrixDecay: 0, excluded: ['conv1/weights'] },
    tinycnn,
    10,
  );
  assert.deepEqual(named.kind === 'muon' && named.excluded, ['conv1/weights'], 'control: names stay');
});
