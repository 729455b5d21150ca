import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createComposer } from '../../data/composer.js';
import { KilnError } from '../../errors/errors.js';
import { createOnnxEngine } from '../../train/onnx-engine.js';
import { initialState } from '../../train/state.js';
import type { StepDescription } from '../../train/step-graph.js';
import { tinycnn } from '../fixtures/model.js';
import { smallRecipe, smallShapes } from './small-run.js';

const batch = 8;
const optimizer = { kind: 'momentum', momentum: 0.9, nesterov: true } as const;
const description: StepDescription = {
  network: tinycnn,
  classes: 10,
  batch,
  optimizer,
  weightDecay: 'network',
  labelSmoothing: 0.1,
};
const rates = { learningRate: 0.05, emaDecay: 0.9 };
const compose = createComposer({
  examples: smallShapes.split('train').share(),
  batch,
  seed: 0,
  distortions: smallRecipe.distortions(tinycnn.input, tinycnn.preprocessing),
  shuffling: { kind: 'whole-epoch' },
});

function engineOf(seed = 0) {
  const state = initialState(tinycnn, 10, optimizer, seed);
  return createOnnxEngine({ description, state, device: 'cpu', threads: 1 });
}

test('gradients and apply are the two halves of run', async (t) => {
  const [whole, halves] = [engineOf(), engineOf()];
  t.after(() => Promise.all([whole.close(), halves.close()]));
  const batches = [compose(0), compose(1), compose(2)];
  const losses = await whole.run(
    batches,
    batches.map(() => rates),
  );
  for (const [index, step] of batches.entries()) {
    const before = halves.snapshot();
    const half = await halves.gradients(step);
    assert.equal(halves.snapshot(), before, 'gradients leave the state alone');
    assert.ok(Math.abs(half.losses.total - losses[index]!.total) < 1e-6);
    await halves.apply(half.gradients, rates);
  }
  assert.equal(halves.step, 3);
  for (const [name, { data }] of whole.snapshot().tensors) {
    const other = halves.snapshot().tensors.get(name)!.data;
    const difference = Math.max(...data.map((value, i) => Math.abs(value - other[i]!)));
    assert.ok(difference < 1e-6, `${name} differs by ${difference}`);
  }
  await halves.apply((await halves.gradients(batches[0]!)).gradients, rates);
  assert.notDeepEqual(
    halves.snapshot().tensors.get('conv1/weights')!.data,
    whole.snapshot().tensors.get('conv1/weights')!.data,
    'control: one step more is another state',
  );
});

test('a snapshot is restored to the bit, and is not touched by later steps', async (t) => {
  const engine = engineOf();
  t.after(() => engine.close());
  await engine.run([compose(0)], [rates]);
  const snapshot = engine.snapshot();
  const copy = snapshot.tensors.get('conv1/weights')!.data.slice();
  const [first] = await engine.run([compose(1)], [rates]);
  assert.deepEqual(snapshot.tensors.get('conv1/weights')!.data, copy);
  engine.restore(snapshot);
  const [again] = await engine.run([compose(1)], [rates]);
  assert.deepEqual(again, first);
});

test("another network's state is refused", (t) => {
  const engine = engineOf();
  t.after(() => engine.close());
  const { step, tensors } = engine.snapshot();
  const fewer = new Map(tensors);
  fewer.delete('conv1/weights/Momentum');
  const refusal = (error: unknown) => error instanceof KilnError && error.code === 'CHECKPOINT_MISMATCH';
  assert.throws(() => engine.restore({ step, tensors: fewer }), refusal);
  const more = new Map(tensors).set('conv9/weights', { dims: [1], data: new Float32Array(1) });
  assert.throws(() => engine.restore({ step, tensors: more }), refusal);
  const bent = new Map(tensors).set('conv1/biases', { dims: [4, 2], data: new Float32Array(8) });
  assert.throws(() => engine.restore({ step, tensors: bent }), refusal);
  engine.restore({ step, tensors });
});

test('evaluate answers with the averaged or the raw weights', async (t) => {
  const engine = engineOf();
  t.after(() => engine.close());
  const { images } = compose(0);
  const before = await engine.evaluate(images, batch, 'raw');
  assert.deepEqual(await engine.evaluate(images, batch, 'ema'), before, 'both begin alike');
  await engine.run([compose(0), compose(1)], [rates, rates]);
  const raw = await engine.evaluate(images, batch, 'raw');
  const ema = await engine.evaluate(images, batch, 'ema');
  assert.equal(raw.length, batch * 10);
  assert.notDeepEqual(raw, before);
  assert.notDeepEqual(ema, raw);
});
