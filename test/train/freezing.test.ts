import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deepcnn } from '../../networks/deepcnn.js';
import { checkpointName, loadCheckpoint } from '../../train/checkpoint.js';
import type { StateTensors, TrainingEngine } from '../../train/engine.js';
import { settledLayers } from '../../train/freezing.js';
import { companion, gradientGraph, port, type StepDescription } from '../../train/step-graph.js';
import { tinycnn } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { abortAfter, smallRecipe, trainSmall } from './small-run.js';
import { apart, broken, compare, openBoth } from './tfjs/parity.js';

const momentum = { kind: 'momentum', momentum: 0.9, nesterov: true } as const;
const rates = { learningRate: 0.05, emaDecay: 0.9 };
const settled = ['conv1'];

test('layers settle one after the other, and the last one never', () => {
  const layers = ['conv1', 'conv2', 'local3', 'local4', 'softmax_linear'];
  const freezing = [
    { layers: 1, after: 0.25 },
    { layers: 2, after: 0.5 },
  ];
  const at = (share: number) => ({ examples: 1000 * share, totalExamples: 1000 });
  const settledAt = (share: number) => settledLayers(freezing, layers, at(share)).join(' ');
  assert.deepEqual([0, 0.249, 0.25, 0.499, 0.5, 1].map(settledAt), [
    '',
    '',
    'conv1',
    'conv1',
    'conv1 conv2',
    'conv1 conv2',
  ]);
  assert.deepEqual(settledLayers([{ layers: 99, after: 0 }], layers, at(0)), layers.slice(0, -1));
  assert.deepEqual(settledLayers([{ layers: 1, after: 0 }], ['only'], at(1)), []);
});

for (const kind of ['onnx', 'tfjs'] as const) {
  test(`${kind}: a settled layer keeps weights and momenta, its average follows, the rest moves as ever`, async (t) => {
    const { onnx, tfjs, batches } = await openBoth({ network: tinycnn, batch: 8, optimizer: momentum });
    t.after(() => Promise.all([onnx.close(), tfjs.close()]));
    const engine: TrainingEngine = { onnx, tfjs }[kind];
    const [first, second] = batches(2);
    await engine.run([first!], [rates]);
    const before = engine.snapshot();
    const [loss] = await engine.run([second!], [rates]);
    const whole = engine.snapshot().tensors;
    engine.restore(before);
    const [sameLoss] = await engine.run([second!], [{ ...rates, settled }]);
    const part = engine.snapshot().tensors;

    assert.ok(Math.abs(sameLoss!.total - loss!.total) < 1e-6, 'weight decay stays in the loss');
    for (const name of ['conv1/weights', 'conv1/biases'].flatMap((n) => [n, companion.momentum(n)])) {
      assert.deepEqual(part.get(name), before.tensors.get(name), name);
      assert.notDeepEqual(whole.get(name), before.tensors.get(name), `control: ${name} moves otherwise`);
    }
    const average = companion.ema('conv1/weights');
    const followed = before.tensors.get(average)!.data.map((ema, i) => {
      return 0.9 * ema + 0.1 * before.tensors.get('conv1/weights')!.data[i]!;
    });
    assert.ok(apart(only(part, average), only(whole, average)) > 1e-4, 'control: it would follow elsewhere');
    assert.ok(apart(only(part, average), new Map([[average, { dims: [], data: followed }]])) < 1e-6);
    const others = [...whole.keys()].filter((name) => !name.startsWith('conv1/'));
    assert.equal(others.length, 6);
    assert.ok(apart(part, only(whole, ...others)) < 1e-6);

    const { gradients } = await engine.gradients(first!);
    assert.deepEqual([...gradients.keys()], ['softmax_linear/weights', 'softmax_linear/biases']);
  });
}

test('both engines take the same steps beside a settled layer', async (t) => {
  const { onnx, tfjs, batches } = await openBoth({ network: tinycnn, batch: 8, optimizer: momentum });
  t.after(() => Promise.all([onnx.close(), tfjs.close()]));
  assert.deepEqual(broken(await compare(onnx, tfjs, batches(4), { ...rates, settled })), []);
});

test('nothing is computed on the way back to what is settled', () => {
  const description: StepDescription = {
    network: deepcnn,
    classes: 10,
    batch: 16,
    optimizer: { kind: 'sgd' },
    weightDecay: 'network',
    labelSmoothing: 0,
  };
  const backwards = (layers: readonly string[]) => {
    const graph = gradientGraph({ ...description, settled: layers });
    const shapes = graph.nodes
      .filter(({ name }) => name.startsWith('gradients/'))
      .map(({ outputs }) => outputs[0]!.shape.join('×'));
    return ['16×64×24×24', '16×64×12×12', '16×2304'].filter((shape) => shapes.includes(shape));
  };
  assert.deepEqual(backwards([]), ['16×64×24×24', '16×64×12×12', '16×2304']);
  assert.deepEqual(backwards(['conv1']), ['16×64×12×12', '16×2304']);
  assert.deepEqual(backwards(['conv1', 'conv2']), []);
  const graph = gradientGraph({ ...description, settled });
  assert.ok(graph.outputs.has(port.gradient('conv2/weights')));
  assert.ok(!graph.outputs.has(port.gradient('conv1/weights')));
});

const recipe = { ...smallRecipe, freezing: [{ layers: 1, after: 0.5 }] };

test('a run settles its first layer at its time, and is resumed on either side of it to the bit', async (t) => {
  const runs = await temporaryFolder(t);
  const whole = await trainSmall({ runs, run: 'whole', recipe, checkpointSteps: 6, keep: 'all' });
  const log = await readFile(join(whole.folder, 'log.txt'), 'utf8');
  assert.match(log, /^from step 7 on these layers stand still: conv1$/m);
  const weights = async (path: string) =>
    (await loadCheckpoint(path)).state.tensors.get('conv1/weights')!.data;
  const half = await weights(join(whole.folder, 'checkpoints', checkpointName(6)));
  assert.deepEqual(await weights(whole.checkpoint), half);

  for (const step of [3, 6, 9]) {
    const run = `from-${step}`;
    const first = await trainSmall({ runs, run, recipe, ...abortAfter(step) });
    assert.equal(first.step, step);
    const last = await trainSmall({ runs, resume: run, recipe });
    const expected = await readFile(whole.checkpoint);
    assert.ok(expected.equals(await readFile(last.checkpoint)), `other bytes when resumed at ${step}`);
  }
  const never = await trainSmall({ runs, run: 'never' });
  assert.notDeepEqual(await weights(never.checkpoint), half, 'control: else it moves on');
});

test('towers do the same as one device', async (t) => {
  const runs = await temporaryFolder(t);
  const states: StateTensors[] = [];
  for (const towers of [1, 2]) {
    const { checkpoint } = await trainSmall({ runs, run: `towers-${towers}`, recipe, towers });
    states.push((await loadCheckpoint(checkpoint)).state.tensors);
  }
  assert.ok(apart(states[0]!, states[1]!) < 1e-4);
});

function only(tensors: StateTensors, ...names: string[]): StateTensors {
  return new Map(names.map((name) => [name, tensors.get(name)!]));
}
