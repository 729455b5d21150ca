import type { Value } from '../graph.js';
import { defineOperator } from '../operator.js';
import { normaliseAxis, shapeMismatch } from '../shape.js';
import { add, cast, equal, exp, mul, neg, sub } from './elementwise.js';
import { reshape } from './layout.js';
import { reduceMean, reduceSum } from './reduction.js';

const softmaxOperator = defineOperator<{ readonly axis: number }>({
  name: 'softmax',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  gradient: ({ outputs: [y], attributes: { axis } }, dy) => [
    () => mul(y!, sub(dy, reduceSum(mul(dy, y!), [axis], { keepDims: true }))),
  ],
  onnx: ({ axis }) => ({ type: 'Softmax', ints: { axis } }),
});

/** Probabilities along `axis`. */
export function softmax(x: Value, axis = -1): Value {
  return softmaxOperator([x], { axis: normaliseAxis('softmax', axis, x.shape) })[0]!;
}

const logSoftmaxOperator = defineOperator<{ readonly axis: number }>({
  name: 'logSoftmax',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  gradient: ({ outputs: [y], attributes: { axis } }, dy) => [
    () => sub(dy, mul(exp(y!), reduceSum(dy, [axis], { keepDims: true }))),
  ],
  onnx: ({ axis }) => ({ type: 'LogSoftmax', ints: { axis } }),
});

/** ln of the probabilities along `axis`, without overflow. */
export function logSoftmax(x: Value, axis = -1): Value {
  return logSoftmaxOperator([x], { axis: normaliseAxis('logSoftmax', axis, x.shape) })[0]!;
}

/** 1 where the class is the label, else 0: int32 [batch] → float32 [batch, classes]. */
export function oneHot(labels: Value, classes: number): Value {
  const column = reshape(labels, [...labels.shape, 1]); // [batch, 1]
  const ids = labels.graph.constant(
    'int32',
    [1, classes],
    Int32Array.from({ length: classes }, (_, id) => id),
    'classes',
  );
  return cast(equal(column, ids), 'float32'); // [batch, classes]
}

/**
 * Mean over the batch of −Σ target · ln p, the target being (1 − s) · one-hot + s / classes.
 *
 * @param logits float32 [batch, classes]
 * @param labels int32 [batch]
 * @param labelSmoothing s in [0, 1)
 * @returns float32 scalar, in nats
 */
export function crossEntropy(logits: Value, labels: Value, labelSmoothing = 0): Value {
  if (logits.rank !== 2 || labels.rank !== 1 || logits.shape[0] !== labels.shape[0]) {
    throw shapeMismatch(
      'crossEntropy',
      'logits [batch, classes] and labels [batch]',
      logits.shape,
      labels.shape,
    );
  }
  const classes = logits.size(1);
  const exact = oneHot(labels, classes);
  const target = labelSmoothing === 0 ? exact : add(mul(exact, 1 - labelSmoothing), labelSmoothing / classes);
  const perExample = reduceSum(mul(logSoftmax(logits), target), [1]); // [batch]
  return neg(reduceMean(perExample));
}
