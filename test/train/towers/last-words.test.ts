import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, KilnError } from '../../../errors/errors.js';
import type { StateTensors } from '../../../train/engine.js';
import { encodedGraph, graphPorts } from '../../../train/session-engine.js';
import { initialState, weightsOf } from '../../../train/state.js';
import { Tower } from '../../../train/towers/tower.js';
import { tinycnn } from '../../fixtures/model.js';

const description = {
  network: tinycnn,
  classes: 10,
  batch: 2,
  optimizer: { kind: 'sgd' },
  weightDecay: 'network',
  labelSmoothing: 0,
} as const;
const ports = graphPorts(description);
const batch = { images: new Float32Array(2 * 3 * 24 * 24), labels: new Int32Array(2) };
const { tensors } = initialState(tinycnn, 10, description.optimizer, 0);
const weights = weightsOf(
  tensors,
  ['conv1/weights', 'conv1/biases', 'softmax_linear/weights', 'softmax_linear/biases'],
  'raw',
);

/** What a tower with this file as its graph answers to a question about these weights. */
async function ask(graph: Uint8Array, weights: StateTensors) {
  const program = { kind: 'graphs', models: { gradients: graph, inspection: graph }, ports } as const;
  const tower = new Tower('tower 0 of 1', { device: 'cpu', threads: 1 }, program);
  try {
    return await tower.ask({ kind: 'gradients', weights, batch });
  } finally {
    await tower.close();
  }
}

function refusal(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof KilnError, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.expected} | ${error.received}`, words);
    return true;
  };
}

const graph = encodedGraph('gradients', description);

test('a tower that fails tells its exit code and what it wrote last', async () => {
  const fewer = new Map([...weights].slice(1));
  const words = /tower 0 of 1 .* \| it ended with exit code 1; its last words were:\n.*conv1\/weights/s;
  await assert.rejects(ask(graph, fewer), refusal('TOWER_LOST', words));
  assert.equal((await ask(graph, weights)).inspection.gradients.size, 4, 'control');
});

test("a tower's refusal is the parent's", async () => {
  await assert.rejects(
    ask(new Uint8Array(9), weights),
    refusal('MODEL_INVALID', /that onnxruntime-node can run/),
  );
});
