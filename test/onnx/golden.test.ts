import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { gradients } from '../../onnx/gradients.js';
import type { Value } from '../../onnx/graph.js';
import {
  batchNorm,
  batchStatistics,
  concat,
  conv,
  crossEntropy,
  dense,
  gelu,
  locallyConnected,
  logSoftmax,
  lrn,
  maxPool,
  mul,
  normalise,
  reduceSum,
  reflectPad,
  relu,
  reshape,
  softmax,
  sub,
} from '../../onnx/operators/index.js';
import { goldenCases } from '../fixtures/golden-cases.js';
import { relativeDifference } from '../fixtures/numbers.js';

/** PyTorch computed in float64: what separates the two is the rounding of float32. */
const tolerance = 2e-6;

const pair = Type.Tuple([Type.Number(), Type.Number()]);
const sides = Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]);
const padding = Type.Union([Type.Literal('same'), Type.Literal('valid'), sides]);
const axis = Type.Object({ axis: Type.Integer() });

const convolution = Type.Object({ strides: pair, padding, dilations: pair, groups: Type.Integer() });
const local = Type.Object({
  kernel: pair,
  padding: Type.Union([Type.Literal('same'), Type.Literal('valid')]),
});
const pooling = Type.Object({ kernel: pair, strides: pair, padding });
const normalisation = Type.Object({
  size: Type.Integer(),
  alpha: Type.Number(),
  beta: Type.Number(),
  bias: Type.Number(),
});
const epsilon = Type.Object({ epsilon: Type.Number() });
const batchNormalisation = Type.Object({
  epsilon: Type.Number(),
  result: Type.Union([Type.Literal('y'), Type.Literal('gradient'), Type.Literal('statistics')]),
});
const reflection = Type.Object({ sides });
const entropy = Type.Object({ labels: Type.Array(Type.Integer()), labelSmoothing: Type.Number() });

const cases = [
  ...goldenCases('convolution', convolution, ([x, weights, bias], options) =>
    conv(x!, weights!, bias === undefined ? options : { ...options, bias }),
  ),
  ...goldenCases('pooling', pooling, ([x], options) => maxPool(x!, options)),
  ...goldenCases('normalisation', normalisation, ([x], options) => lrn(x!, options)),
  ...goldenCases('pooling-gradient', pooling, ([x, weights], options) => {
    const rectified = relu(sub(x!, 1));
    return gradientOf(maxPool(rectified, options), weights!, rectified);
  }),
  ...goldenCases('gelu', Type.Object({}), ([x]) => gelu(x!)),
  ...goldenCases('batch-norm', batchNormalisation, ([x, bias, weights, scale], { epsilon, result }) => {
    const y = batchNorm(x!, { bias: bias!, epsilon, ...(scale && { scale }) });
    if (result === 'y') return y;
    if (result === 'gradient') return gradientOf(y, weights!, x!);
    const { mean, unbiasedVariance } = batchStatistics(x!);
    return concat([row(mean), row(unbiasedVariance)], 0);
  }),
  ...goldenCases('normalise', epsilon, ([x, mean, root, bias, scale], options) =>
    normalise(x!, { mean: mean!, variance: mul(root!, root!), bias: bias!, scale: scale!, ...options }),
  ),
  ...goldenCases('reflect-pad', reflection, ([x], { sides: [top, left, bottom, right] }) =>
    reflectPad(x!, [0, 0, top, left], [0, 0, bottom, right]),
  ),
  ...goldenCases('locally-connected', local, ([x, weights, bias], options) =>
    locallyConnected(x!, weights!, bias === undefined ? options : { ...options, bias }),
  ),
  ...goldenCases('dense', Type.Object({}), ([x, weights, biases]) => dense(x!, weights!, biases!)),
  ...goldenCases('softmax', axis, ([x], options) => softmax(x!, options.axis)),
  ...goldenCases('log-softmax', axis, ([x], options) => logSoftmax(x!, options.axis)),
  ...goldenCases('cross-entropy', entropy, ([logits], { labels, labelSmoothing }) => {
    const ids = logits!.graph.constant('int32', [labels.length], Int32Array.from(labels));
    return crossEntropy(logits!, ids, labelSmoothing);
  }),
];

/** Of Σ weights · y, towards x. */
function gradientOf(y: Value, weights: Value, x: Value): Value {
  return gradients(reduceSum(mul(y, weights)), [x])[0]!;
}

function row(values: Value): Value {
  return reshape(values, [1, values.size(0)]);
}

for (const { name, expected, run } of cases) {
  test(`as PyTorch computes it: ${name}`, async () => {
    const { shape, data } = await run();
    assert.deepEqual(shape, expected.shape);
    const difference = relativeDifference(data, expected.data);
    assert.ok(difference < tolerance, `relative difference ${difference}`);
  });
}

test('control: each case would notice one answer that is off by a hundredth of the largest', async () => {
  for (const { name, expected, run } of cases) {
    const { data } = await run();
    const perturbed = expected.data.slice();
    perturbed[perturbed.length - 1]! += 0.01 * Math.max(...perturbed.map(Math.abs));
    const difference = relativeDifference(data, perturbed);
    assert.ok(difference > 100 * tolerance, `${name}: relative difference ${difference}`);
  }
});
