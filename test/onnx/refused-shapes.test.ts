import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../../onnx/graph.js';
import {
  add,
  batchNorm,
  batchStatistics,
  cast,
  concat,
  conv,
  crossEntropy,
  dense,
  equal,
  expand,
  flatten,
  lrn,
  matMul,
  maxPool,
  mul,
  normalise,
  pad,
  reduceSum,
  reflectPad,
  reshape,
  slice,
  softmax,
  transpose,
  where,
} from '../../onnx/operators/index.js';

const graph = new Graph();
const tensor = (...shape: (number | string)[]) => graph.input(`x${graph.inputs.length}`, 'float32', shape);
const images = tensor(2, 3, 8, 8);
const labels = (count: number) => graph.constant('int32', [count], new Int32Array(count));

/** What is written, and what the message must contain: the operator and the shapes on both sides. */
const refused: Readonly<Record<string, readonly [() => unknown, ...string[]]>> = {
  'channels of conv': [() => conv(images, tensor(4, 5, 3, 3)), 'conv', '[2, 3, 8, 8]', '[4, 5, 3, 3]'],
  'groups of conv': [
    () => conv(images, tensor(4, 1, 3, 3), { groups: 2 }),
    'conv',
    '[2, 3, 8, 8]',
    '[4, 1, 3, 3]',
  ],
  'filters that groups do not divide': [
    () => conv(tensor(1, 4, 5, 5), tensor(3, 2, 3, 3), { groups: 2 }),
    'conv',
    '[3, 2, 3, 3]',
  ],
  'rank of conv': [() => conv(tensor(3, 8, 8), tensor(4, 3, 3, 3)), 'conv', '[3, 8, 8]', '[4, 3, 3, 3]'],
  'bias of conv': [
    () => conv(images, tensor(4, 3, 3, 3), { bias: tensor(5) }),
    'conv',
    'a bias of 4 elements',
    '[5]',
  ],
  'kernel beyond the image': [() => conv(images, tensor(4, 3, 9, 3)), 'conv', 'at least 9', '[2, 3, 8, 8]'],
  'rank of maxPool': [() => maxPool(tensor(8, 8), { kernel: [2, 2], strides: [2, 2] }), 'maxPool', '[8, 8]'],
  'window beyond the image': [
    () => maxPool(images, { kernel: [2, 9], strides: [2, 2] }),
    'maxPool',
    '[2, 3, 8, 8]',
  ],
  'rank of batchNorm': [
    () => batchNorm(tensor(2, 3), { bias: tensor(3), epsilon: 1 }),
    'batchNorm',
    '[2, 3]',
  ],
  'bias of batchNorm': [
    () => batchNorm(images, { bias: tensor(8), epsilon: 1 }),
    'batchNorm',
    'one number a channel, [3]',
    '[8]',
  ],
  'scale of batchNorm': [
    () => batchNorm(images, { bias: tensor(3), scale: tensor(1, 3), epsilon: 1 }),
    'batchNorm',
    '[1, 3]',
  ],
  'mean of normalise': [
    () => normalise(images, { mean: tensor(2), variance: tensor(3), bias: tensor(3), epsilon: 1 }),
    'normalise',
    '[2]',
  ],
  'statistics of one value': [() => batchStatistics(tensor(1, 3, 1, 1)), 'two values', '[1, 3, 1, 1]'],
  'rank of lrn': [() => lrn(tensor(2, 3), lrnOptions(5)), 'lrn', '[2, 3]'],
  'even size of lrn': [() => lrn(images, lrnOptions(4)), 'lrn', 'not 4', '[2, 3, 8, 8]'],
  'inner sizes of matMul': [() => matMul(tensor(2, 3), tensor(4, 5)), 'matMul', '[2, 3]', '[4, 5]'],
  'inner sizes, one transposed': [
    () => matMul(tensor(2, 3), tensor(3, 5), { transposeB: true }),
    'matMul',
    '[2, 3]',
    '[3, 5]',
  ],
  'rank of matMul': [() => matMul(tensor(2, 3, 4), tensor(4, 5)), 'matMul', '[2, 3, 4]', '[4, 5]'],
  'bias of dense': [() => dense(tensor(2, 3), tensor(3, 5), tensor(4)), 'dense', '[5]', '[4]'],
  'shapes of add': [() => add(tensor(2, 3), tensor(2, 4)), 'Add', '[2, 3]', '[2, 4]'],
  'a named size against another number': [
    () => mul(tensor('batch', 3), tensor(2, 3)),
    'Mul',
    '[batch, 3]',
    '[2, 3]',
  ],
  'types of add': [() => add(tensor(2), labels(2)), 'Add', 'float32 and int32', '[2]'],
  'types of equal': [() => equal(tensor(2), labels(2)), 'Equal', 'float32 and int32', '[2]'],
  'condition of where': [() => where(tensor(2), tensor(2), tensor(2)), 'where', 'bool', '[2]'],
  'elements of reshape': [() => reshape(tensor(2, 3), [4, 2]), 'reshape', '[2, 3]', '[4, 2]'],
  'a named size that reshape would lose': [
    () => reshape(tensor('batch', 3), [3]),
    'reshape',
    '[batch, 3]',
    '[3]',
  ],
  'permutation that repeats an axis': [
    () => transpose(tensor(2, 3), [0, 0]),
    'transpose',
    '[0, 0]',
    '[2, 3]',
  ],
  'permutation of other axes': [() => transpose(tensor(2, 3), [1, 2]), 'transpose', '[1, 2]', '[2, 3]'],
  'permutation of fewer axes': [() => transpose(tensor(2, 3), [1]), 'transpose', '[1]', '[2, 3]'],
  'slice beyond the end': [() => slice(tensor(2, 3), 1, 1, 4), 'slice', '[1, 4)', '[2, 3]'],
  'slice before the front': [() => slice(tensor(2, 3), 1, -1, 2), 'slice', '[-1, 2)', '[2, 3]'],
  'slice of nothing': [() => slice(tensor(2, 3), 1, 2, 2), 'slice', '[2, 2)', '[2, 3]'],
  'slice of a missing axis': [() => slice(tensor(2, 3), 2, 0, 1), 'slice', 'not 2', '[2, 3]'],
  'pad of other ranks': [() => pad(tensor(2, 3), [1], [1]), 'pad', '[1]', '[2, 3]'],
  'pad that cuts everything': [() => pad(tensor(2, 3), [0, -2], [0, -1]), 'pad', '[0, -2]', '[2, 3]'],
  'reflection as wide as the axis': [
    () => reflectPad(tensor(2, 3), [0, 3], [0, 0]),
    'reflectPad',
    '[0, 3]',
    '[2, 3]',
  ],
  'reflection that cuts': [
    () => reflectPad(tensor(2, 3), [0, -1], [0, 0]),
    'reflectPad',
    '[0, -1]',
    '[2, 3]',
  ],
  'shapes of concat': [() => concat([tensor(2, 3), tensor(2, 4)], 0), 'concat', '[2, 3]', '[2, 4]'],
  'target of expand': [() => expand(tensor(2, 3), [2, 6]), 'expand', '[2, 6]', '[2, 3]'],
  'an axis summed twice': [() => reduceSum(tensor(2, 3), [0, -2]), 'reduce', '[0, 0]', '[2, 3]'],
  'a missing axis of a sum': [() => reduceSum(tensor(2, 3), [2]), 'reduce', 'not 2', '[2, 3]'],
  'a missing axis of softmax': [() => softmax(tensor(2, 3), -3), 'softmax', 'not -3', '[2, 3]'],
  'labels of crossEntropy': [() => crossEntropy(tensor(4, 10), labels(3)), 'crossEntropy', '[4, 10]', '[3]'],
};

for (const [name, [build, ...parts]] of Object.entries(refused)) {
  test(`refused where it is written: ${name}`, () => {
    assert.throws(build, (error: Error & { code?: string }) => {
      assert.equal(error.code, 'SHAPE_MISMATCH');
      for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" lacks ${part}`);
      return true;
    });
  });
}

test('a size that is only named is no number', () => {
  assert.throws(() => flatten(tensor(2, 'height', 3)), {
    code: 'SHAPE_MISMATCH',
    received: '[2, height, 3]',
  });
});

test('a constant of another number of elements is refused', () => {
  assert.throws(() => graph.constant('float32', [2, 3], new Float32Array(5)), {
    code: 'SHAPE_MISMATCH',
    expected: '6 elements for [2, 3]',
    received: '5 elements',
  });
});

test('a name is given once', () => {
  const other = new Graph();
  const x = other.input('x', 'float32', [1]);
  assert.throws(() => other.input('x', 'float32', [1]), { code: 'SHAPE_MISMATCH', received: 'x' });
  other.output('y', x);
  assert.throws(() => other.output('y', x), { code: 'SHAPE_MISMATCH', received: 'y' });
});

test('a value of another graph is refused', () => {
  const other = new Graph().input('stranger', 'float32', [2]);
  assert.throws(() => add(tensor(2), other), { name: 'TypeError', message: /stranger is of another graph/ });
});

test('control: the same operators accept what fits', () => {
  assert.deepEqual(conv(images, tensor(4, 3, 3, 3), { bias: tensor(4) }).shape, [2, 4, 6, 6]);
  assert.deepEqual(add(tensor('batch', 3), tensor(3)).shape, ['batch', 3]);
  assert.deepEqual(reshape(tensor('batch', 4, 6), ['batch', 24]).shape, ['batch', 24]);
  assert.deepEqual(transpose(tensor(2, 3, 4), [2, 0, 1]).shape, [4, 2, 3]);
  assert.deepEqual(pad(tensor('batch', 3), [0, 1], [0, -2]).shape, ['batch', 2]);
  assert.equal(cast(labels(3), 'float32').dtype, 'float32');
});

function lrnOptions(size: number) {
  return { size, alpha: 1, beta: 0.75, bias: 1 };
}
