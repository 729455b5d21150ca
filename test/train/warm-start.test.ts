import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Network } from '../../networks/network.js';
import type { Graph, Value } from '../../onnx/graph.js';
import { add, dense, flatten } from '../../onnx/operators/index.js';
import { saveCheckpoint } from '../../train/checkpoint.js';
import type { TrainingState } from '../../train/engine.js';
import { initialParameters, type Parameters } from '../../train/parameters.js';
import { initialState } from '../../train/state.js';
import { companion } from '../../train/step-graph.js';
import { identifySource, warmStart } from '../../train/warm-start.js';
import { tinycnn, tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const momentum = { kind: 'momentum', momentum: 0.9, nesterov: true } as const;
const cold = (classes: number, network = tinycnn) => initialState(network, classes, momentum, 0);
const names = [...initialParameters(tinycnn, 10, 0).keys()];

/** The tiny model's file, with the weights of seed 7 for ten classes. */
async function exportedFile(t: TestContext): Promise<string> {
  const path = join(await temporaryFolder(t), 'tiny.onnx');
  await writeFile(path, tinyModel({ seed: 7 }));
  return path;
}

async function warmed(path: string, classes: number, network: Network = tinycnn) {
  return warmStart(cold(classes, network), network, classes, await identifySource(path));
}

function assertWeights({ tensors }: TrainingState, expected: Parameters, taken: readonly string[]): void {
  for (const name of taken) {
    assert.deepEqual(tensors.get(name)?.data, expected.get(name), name);
    assert.deepEqual(tensors.get(companion.ema(name))?.data, expected.get(name), `average of ${name}`);
    assert.ok(
      tensors.get(companion.momentum(name))?.data.every((value) => value === 0),
      `momentum of ${name}`,
    );
  }
}

test('the weights of an exported file become weights and averages; momenta stay at zero', async (t) => {
  const { state, remark } = await warmed(await exportedFile(t), 10);
  assertWeights(state, initialParameters(tinycnn, 10, 7), names);
  assert.equal(state.step, 0);
  assert.deepEqual([...state.tensors.keys()], [...cold(10).tensors.keys()]);
  assert.match(remark, /^begins with 4 of 4 tensors of .*tiny\.onnx$/);
  assert.notDeepEqual(state.tensors, cold(10).tensors, 'control: the file changes what a run begins with');
});

test('for another number of classes the last layer is new, as the seed says', async (t) => {
  const { state, remark } = await warmed(await exportedFile(t), 4);
  const last = ['softmax_linear/weights', 'softmax_linear/biases'];
  assertWeights(state, initialParameters(tinycnn, 10, 7), ['conv1/weights', 'conv1/biases']);
  assertWeights(state, initialParameters(tinycnn, 4, 0), last);
  assert.match(
    remark,
    /^begins with 2 of 4 tensors of .*; new for 4 classes: softmax_linear\/weights, softmax_linear\/biases$/,
  );
});

test('a checkpoint gives its averaged weights', async (t) => {
  const folder = await temporaryFolder(t);
  const averaged = initialParameters(tinycnn, 10, 3);
  const tensors = new Map(cold(10).tensors);
  for (const [name, data] of averaged) tensors.set(companion.ema(name), { ...tensors.get(name)!, data });
  for (const name of names) tensors.set(companion.momentum(name), tensors.get(name)!);
  const path = await saveCheckpoint(folder, {
    metadata: {
      step: 5,
      network: 'tinycnn',
      labels: Array.from({ length: 10 }, String),
      dataset: { name: 'none', digest: '' },
      trainedOn: 'train',
      recipe: 'none',
      batch: 1,
      seed: 0,
      validation: null,
    },
    state: { step: 5, tensors },
  });
  assertWeights((await warmed(path, 10)).state, averaged, names);
});

/** The tiny network with what stands before it. */
function behind(before: (images: Value, graph: Graph) => Value): Network {
  return {
    ...tinycnn,
    forward: (graph, images, classes, mode) => tinycnn.forward(graph, before(images, graph), classes, mode),
  };
}

const zero = { initialiser: { kind: 'constant', value: 0 }, decay: 0 } as const;
const deeper = behind((images, graph) => add(images, graph.parameter('shift', [3, 1, 1], zero)));

test('a tensor that the file lacks is refused, and so is one that the network lacks', async (t) => {
  const path = await exportedFile(t);
  await assert.rejects(warmed(path, 10, deeper), {
    code: 'CHECKPOINT_MISMATCH',
    message: 'The file to begin with does not fit the network.',
    received: /tiny\.onnx: shift \[3, 1, 1\], which the file lacks$/,
  });
  const smaller: Network = {
    ...tinycnn,
    forward: (graph, images, classes) =>
      dense(
        flatten(images),
        graph.parameter('conv1/weights', [3 * 24 * 24, classes], zero),
        graph.parameter('softmax_linear/biases', [classes], zero),
      ),
  };
  await assert.rejects(warmed(path, 10, smaller), {
    code: 'CHECKPOINT_MISMATCH',
    received:
      /conv1\/weights \[1728, 10\], \[8, 3, 5, 5\] in the file; .*conv1\/biases, softmax_linear\/weights.*, which the network lacks$/,
  });
});

test('a file that was changed since is refused', async (t) => {
  const path = await exportedFile(t);
  const source = await identifySource(path);
  await writeFile(path, tinyModel({ seed: 8 }));
  await assert.rejects(warmStart(cold(10), tinycnn, 10, source), {
    code: 'CHECKPOINT_MISMATCH',
    message: 'The file to begin with was changed since the run began.',
  });
});

test('a file that is not there, or no model, is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(identifySource(join(folder, 'absent.onnx')), {
    code: 'FILE_NOT_FOUND',
    received: /ENOENT/,
  });
  for (const [name, code] of Object.entries({
    'a.onnx': 'MODEL_INVALID',
    'a.safetensors': 'CHECKPOINT_CORRUPT',
  })) {
    await writeFile(join(folder, name), 'not a model');
    await assert.rejects(warmed(join(folder, name), 10), { name: 'KilnError', code });
  }
});
