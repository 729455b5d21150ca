import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { KilnError } from '../../errors/errors.js';
import type { Node } from '../../onnx/graph.js';
import { sameShape } from '../../onnx/shape.js';
import type { DType } from '../../onnx/types.js';
import { type Application, number, numbers, type Translation, unsupported } from './application.js';
import { LaidOut } from './laid-out.js';
import { batchNorm, normalise } from './normalisation.js';
import type { TensorFlow } from './tensorflow.js';
import { conv, lrn, maxPool } from './windows.js';

/** By the operator's name; what is missing here is refused by `translate`. */
const translations: Readonly<Record<string, Translation>> = {
  add: elementwise((tf, a, b) => tf.add(a!, b!)),
  sub: elementwise((tf, a, b) => tf.sub(a!, b!)),
  mul: elementwise((tf, a, b) => tf.mul(a!, b!)),
  div: elementwise((tf, a, b) => tf.div(a!, b!)),
  // Stretched beforehand: the gradient of tf.maximum forgets that it was broadcast.
  max: elementwise((tf, a, b) => tf.maximum(tf.add(a!, tf.zerosLike(b!)), tf.add(b!, tf.zerosLike(a!)))),
  neg: elementwise((tf, x) => tf.neg(x!)),
  sqrt: elementwise((tf, x) => tf.sqrt(x!)),
  exp: elementwise((tf, x) => tf.exp(x!)),
  log: elementwise((tf, x) => tf.log(x!)),
  relu: elementwise((tf, x) => tf.relu(x!)),
  gelu: elementwise((tf, x) => tf.mul(tf.mul(x!, 0.5), tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1))),
  lessOrEqual: elementwise((tf, a, b) => constantly(tf, tf.lessEqual, a!, b!)),
  equal: elementwise((tf, a, b) => constantly(tf, tf.equal, a!, b!)),
  where: elementwise((tf, condition, a, b) => tf.where(condition!, a!, b!)),
  cast: inOrder((tf, [x], node) => tf.cast(x!, tensorFlowTypes[node.outputs[0]!.dtype])),

  reshape: inOrder((tf, [x], node) => tf.reshape(x!, numbers(node, 'shape'))),
  transpose: inOrder((tf, [x], node) => tf.transpose(x!, numbers(node, 'permutation'))),
  concat: inOrder((tf, xs, node) => tf.concat(xs, number(node, 'axis'))),
  // Not tf.broadcastTo, whose gradient is a loop over the copies.
  expand: inOrder((tf, [x], node) => tf.mul(x!, tf.ones(numbers(node, 'shape'), x!.dtype))),
  slice: inOrder(slice),
  pad: inOrder(pad),
  reflectPad: inOrder(reflectPad),

  gemm: inOrder((tf, [a, b, bias], node) => {
    const product = tf.matMul(a!, b!, number(node, 'transA') === 1, number(node, 'transB') === 1);
    return bias === undefined ? product : tf.add(product, bias);
  }),
  batchedMatMul: inOrder((tf, [a, b]) => tf.matMul(a!, b!)),

  reduceSum: inOrder((tf, [x], node) => tf.sum(x!, numbers(node, 'axes'), number(node, 'keepDims') === 1)),
  reduceMean: inOrder((tf, [x], node) => tf.mean(x!, numbers(node, 'axes'), number(node, 'keepDims') === 1)),
  // One axis after the other, so that no float32 sum is long.
  sumOfSquares: inOrder((tf, [x]) =>
    x!.shape.reduceRight<Tensor>((sums, _dim, axis) => tf.sum(sums, axis), tf.square(x!)),
  ),
  softmax: inOrder((tf, [x], node) => tf.softmax(x!, lastAxis(node, x!))),
  logSoftmax: inOrder((tf, [x], node) => tf.logSoftmax(x!, lastAxis(node, x!))),

  batchNorm,
  normalise,
  conv,
  maxPool,
  lrn,
};

/** @throws OPERATOR_UNSUPPORTED for an operator that is not written here */
export function translate(application: Application): LaidOut {
  const { operator } = application.node;
  const translation = Object.hasOwn(translations, operator) ? translations[operator] : undefined;
  if (translation !== undefined) return translation(application);
  throw new KilnError('OPERATOR_UNSUPPORTED', {
    expected: `an operator that the tfjs engine knows: ${Object.keys(translations).join(', ')}`,
    received: operator,
  });
}

export const tensorFlowTypes = {
  float32: 'float32',
  int32: 'int32',
  int64: 'int32',
  uint8: 'int32',
  bool: 'bool',
} as const satisfies Record<DType, string>;

/** Operators that pair their operands element by element: the layout does not matter where all have the same. */
function elementwise(compute: (tf: TensorFlow, ...operands: Tensor[]) => Tensor): Translation {
  return ({ tf, inputs, node }) => {
    const [result] = node.outputs;
    const asTheyLie = inputs.every(
      (input, index) =>
        input.tensor.rank === 0 ||
        (input.layout === 'channels last' && sameShape(node.inputs[index]!.shape, result!.shape)),
    );
    if (asTheyLie && inputs.some(({ layout }) => layout === 'channels last')) {
      return new LaidOut(tf, compute(tf, ...inputs.map(({ tensor }) => tensor)), 'channels last');
    }
    return new LaidOut(tf, compute(tf, ...inputs.map(({ channelsFirst }) => channelsFirst)));
  };
}

/** Operators that name axes. */
function inOrder(compute: (tf: TensorFlow, operands: Tensor[], node: Node) => Tensor): Translation {
  return ({ tf, inputs, node }) =>
    new LaidOut(
      tf,
      compute(
        tf,
        inputs.map(({ channelsFirst }) => channelsFirst),
        node,
      ),
    );
}

/** A comparison, of which TensorFlow.js knows no gradient: nothing flows back through it. */
function constantly(
  tf: TensorFlow,
  compare: (a: Tensor | TensorLike, b: Tensor | TensorLike) => Tensor,
  a: Tensor,
  b: Tensor,
): Tensor {
  const comparison = tf.customGrad((...operands) => {
    const [left, right] = operands as [Tensor, Tensor];
    return { value: compare(left, right), gradFunc: () => [tf.zeros(left.shape), tf.zeros(right.shape)] };
  });
  return comparison(a, b);
}

function slice(tf: TensorFlow, [x]: readonly Tensor[], node: Node): Tensor {
  const [axes, starts, ends] = [numbers(node, 'axes'), numbers(node, 'starts'), numbers(node, 'ends')];
  const steps = numbers(node, 'steps');
  if (steps.every((step) => step === -1)) return tf.reverse(x!, axes);
  if (steps.some((step) => step !== 1)) throw unsupported('slices of step 1 or whole reversals', node);
  const begin = x!.shape.map((_, axis) => starts[axes.indexOf(axis)] ?? 0);
  const size = x!.shape.map((dim, axis) => (ends[axes.indexOf(axis)] ?? dim) - begin[axis]!);
  return tf.slice(x!, begin, size);
}

/** Negative counts cut. */
function pad(tf: TensorFlow, [x]: readonly Tensor[], node: Node): Tensor {
  const [before, after] = [numbers(node, 'before'), numbers(node, 'after')];
  const begin = before.map((count) => Math.max(0, -count));
  const size = x!.shape.map((dim, axis) => dim - begin[axis]! - Math.max(0, -after[axis]!));
  const zeros = before.map((count, axis): [number, number] => [
    Math.max(0, count),
    Math.max(0, after[axis]!),
  ]);
  return tf.pad(tf.slice(x!, begin, size), zeros);
}

/** Out of operators that TensorFlow.js differentiates; its mirrorPad it does not. */
function reflectPad(tf: TensorFlow, [x]: readonly Tensor[], node: Node): Tensor {
  const [before, after] = [numbers(node, 'before'), numbers(node, 'after')];
  return before.reduce<Tensor>((padded, front, axis) => {
    const size = padded.shape[axis]!;
    const mirrored = (from: number, count: number) => {
      const [begin, sizes] = [padded.shape.map(() => 0), padded.shape.slice()];
      begin[axis] = from;
      sizes[axis] = count;
      return count === 0 ? [] : [tf.reverse(tf.slice(padded, begin, sizes), axis)];
    };
    const back = after[axis]!;
    const parts = [...mirrored(1, front), padded, ...mirrored(size - 1 - back, back)];
    return parts.length === 1 ? padded : tf.concat(parts, axis);
  }, x!);
}

function lastAxis(node: Node, x: Tensor): number {
  const axis = number(node, 'axis');
  if (axis !== x.rank - 1) throw unsupported('the last axis', node);
  return axis;
}
