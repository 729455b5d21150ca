import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Optimizer } from '../../../train/optimizers.js';
import { everyOperator } from '../../fixtures/every-operator.js';
import { tinycnn } from '../../fixtures/model.js';
import { relativeDifference } from '../../fixtures/numbers.js';
import { apart, openBoth } from './parity.js';

const rates = { learningRate: 0.05, emaDecay: 0.9 };
const batch = 4;

const optimizers: readonly (Optimizer & { readonly limit: number })[] = [
  { kind: 'sgd', limit: 1e-6 },
  { kind: 'momentum', momentum: 0.9, nesterov: true, limit: 1e-6 },
  // Its iteration multiplies the rounding of small singular values by 3.4 three times.
  { kind: 'muon', momentum: 0.9, matrixRate: 1, matrixDecay: 0.1, excluded: ['head/weights'], limit: 1e-5 },
];

for (const { limit, ...optimizer } of optimizers) {
  test(`${optimizer.kind}: run does what gradients and apply do, and what the onnx engine does with them`, async (t) => {
    const { tfjs, onnx, batches } = await openBoth({ network: everyOperator, batch, optimizer });
    t.after(() => Promise.all([tfjs.close(), onnx.close()]));
    const [batch0, batch1] = batches(2);
    const before = tfjs.snapshot();
    const losses = await tfjs.run([batch0!, batch1!], [rates, rates]);
    const ran = tfjs.snapshot();
    assert.equal(ran.step, 2);

    tfjs.restore(before);
    for (const [index, part] of [batch0!, batch1!].entries()) {
      const half = await tfjs.gradients(part);
      assert.deepEqual(half.losses, losses[index]);
      await tfjs.apply(half.gradients, rates);
      await onnx.apply(half.gradients, rates);
    }
    assert.deepEqual(tfjs.snapshot(), ran);
    const difference = apart(ran.tensors, onnx.snapshot().tensors, () => 0.05);
    assert.ok(difference < limit, `the updates differ by ${difference}`);
    assert.ok(
      apart(ran.tensors, before.tensors, () => 0.05) > 1000 * limit,
      'control: the steps moved the state',
    );
  });
}

test('inspect answers the layers, shapes and values of the onnx engine, and leaves the state alone', async (t) => {
  const { tfjs, onnx, batches } = await openBoth({ network: everyOperator, batch });
  t.after(() => Promise.all([tfjs.close(), onnx.close()]));
  const [first] = batches(1);
  const before = tfjs.snapshot();
  const [expected, actual] = [await onnx.inspect(first!), await tfjs.inspect(first!)];
  assert.equal(tfjs.snapshot(), before);
  assert.deepEqual([...actual.activations.keys()], [...expected.activations.keys()]);
  for (const [layer, { dims, data }] of expected.activations) {
    assert.deepEqual(actual.activations.get(layer)!.dims, dims, layer);
    const difference = relativeDifference(actual.activations.get(layer)!.data, data);
    assert.ok(difference < 1e-5, `${layer} differs by ${difference}`);
  }
  assert.deepEqual(expected.activations.get('conv1')!.dims, [batch, 8, 12, 12]);
  assert.ok(apart(actual.gradients, expected.gradients) < 1e-4);
});

for (const set of ['raw', 'ema'] as const) {
  test(`evaluate answers with the ${set} weights as the onnx engine does, for any number of images`, async (t) => {
    const { tfjs, onnx, batches } = await openBoth({ network: tinycnn, batch });
    t.after(() => Promise.all([tfjs.close(), onnx.close()]));
    const { images } = batches(1)[0]!;
    await tfjs.run(batches(2), [rates, rates]);
    onnx.restore(tfjs.snapshot());
    for (const count of [1, batch]) {
      const part = images.slice(0, (count * images.length) / batch);
      const expected = await onnx.evaluate(part, count, set);
      const actual = await tfjs.evaluate(part, count, set);
      assert.ok(relativeDifference(actual, expected) < 1e-5);
      const other = await tfjs.evaluate(part, count, set === 'raw' ? 'ema' : 'raw');
      assert.ok(relativeDifference(other, expected) > 1e-3, 'control: the other weights answer differently');
    }
  });
}

test('refused: a batch of another size, a state or gradients of another network', async (t) => {
  const { tfjs, onnx, batches } = await openBoth({ network: tinycnn, batch });
  const other = await openBoth({ network: everyOperator, batch });
  t.after(() => Promise.all([tfjs, onnx, other.tfjs, other.onnx].map((engine) => engine.close())));
  const [first] = batches(1);
  await assert.rejects(tfjs.run([other.batches(1)[0]!], [rates]), {
    code: 'SHAPE_MISMATCH',
    expected: 'images [4, 3, 24, 24] and 4 labels',
    received: '1728 numbers and 4 labels',
  });
  await assert.rejects(tfjs.run([first!], []), { name: 'RangeError' });
  assert.throws(() => tfjs.restore(other.tfjs.snapshot()), { code: 'CHECKPOINT_MISMATCH' });
  const { gradients } = await other.tfjs.gradients(other.batches(1)[0]!);
  await assert.rejects(tfjs.apply(gradients, rates), { code: 'CHECKPOINT_MISMATCH' });
  assert.equal(tfjs.step, 0);
});
