import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createComposer } from '../../../data/composer.js';
import type { StateTensors, TrainingBatch } from '../../../train/engine.js';
import { openEngine } from '../../../train/engines.js';
import { initialState } from '../../../train/state.js';
import type { StepDescription } from '../../../train/step-graph.js';
import { sharesOf } from '../../../train/towers/shares.js';
import { tinycnn } from '../../fixtures/model.js';
import { smallRecipe, smallShapes } from '../small-run.js';

const batch = 12;
const optimizer = { kind: 'momentum', momentum: 0.9, nesterov: true } as const;
const description: StepDescription = {
  network: tinycnn,
  classes: 10,
  batch,
  optimizer,
  weightDecay: 'network',
  labelSmoothing: 0.1,
};
const examples = createComposer({
  examples: smallShapes.split('train').share(),
  batch,
  seed: 0,
  distortions: smallRecipe.distortions(tinycnn.input, tinycnn.preprocessing),
  shuffling: { kind: 'whole-epoch' },
})(0);

function open(towers: number, size = batch) {
  const state = initialState(tinycnn, 10, optimizer, 0);
  const shared = { ...description, batch: size };
  return openEngine({ engine: 'onnx', towers, description: shared, state, device: 'cpu', threads: towers });
}

/** Of each tensor, ‖a − b‖ / ‖b‖. */
function distances(a: StateTensors, b: StateTensors): readonly number[] {
  assert.deepEqual([...a.keys()], [...b.keys()]);
  return Array.from(b, ([name, { data }]) => {
    const other = a.get(name)!.data;
    return Math.hypot(...data.map((value, index) => value - other[index]!)) / Math.hypot(...data);
  });
}

async function inspected(towers: number, examples: TrainingBatch, size = batch) {
  const engine = await open(towers, size);
  try {
    const before = engine.snapshot();
    const { gradients } = await engine.gradients(examples);
    const inspection = await engine.inspect(examples);
    assert.equal(engine.snapshot(), before, 'the state stays');
    return { ...inspection, gradients, again: inspection.gradients };
  } finally {
    await engine.close();
  }
}

for (const towers of [2, 3]) {
  test(`${towers} towers of ${batch / towers} examples have the gradients of one of ${batch}`, async () => {
    const whole = await inspected(1, examples);
    const shared = await inspected(towers, examples);
    for (const gradients of [shared.gradients, shared.again]) {
      const far = Math.max(...distances(gradients, whole.gradients));
      assert.ok(far < 1e-5, `relative distance ${far}`);
    }
    for (const loss of ['total', 'crossEntropy'] as const) {
      assert.ok(Math.abs(shared.losses[loss] - whole.losses[loss]) < 1e-5, loss);
    }

    const share = await inspected(1, sharesOf(examples, towers)[0]!, batch / towers);
    const near = Math.min(...distances(share.gradients, whole.gradients));
    assert.ok(near > 1e-2, `control: one share alone is as near as ${near}`);
    assert.deepEqual(shared.activations, share.activations, "activations are the first tower's");
  });
}
