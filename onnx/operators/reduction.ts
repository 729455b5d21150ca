import type { Value } from '../graph.js';
import { defineOperator, type None } from '../operator.js';
import { movedAxes } from '../places-first.js';
import { formatShape, normaliseAxis, shapeMismatch } from '../shape.js';
import type { Dim } from '../types.js';
import { div, mul } from './elementwise.js';
import { expand, reshape } from './layout.js';

interface ReduceAttributes extends Readonly<Record<string, readonly number[] | number>> {
  readonly axes: readonly number[];
  /** 1: reduced axes stay with size 1. */
  readonly keepDims: number;
}

const sum = reduction('ReduceSum', (x, axes, dy) => expand(restored(dy, x, axes), x.shape));
const mean = reduction('ReduceMean', (x, axes, dy) => {
  const count = axes.reduce((product, axis) => product * x.size(axis), 1);
  return expand(div(restored(dy, x, axes), count), x.shape);
});

const squares = defineOperator<None>({
  name: 'sumOfSquares',
  infer: () => [{ dtype: 'float32', shape: [] }],
  gradient: ({ inputs: [x] }, dy) => [() => mul(x!, mul(dy, 2))],
  lower: ([x]) => [x!.shape.reduceRight<Value>((sums, _dim, axis) => reduceSum(sums, [axis]), mul(x!, x!))],
});

/**
 * Σx² over all axes, one axis after the other from the last on: one float32 sum over the 885 thousand weights of
 * deepcnn's local3 is off by 2e-5, short sums of short sums by less than 1e-6.
 */
export function sumOfSquares(x: Value): Value {
  return squares([x], {})[0]!;
}

interface ReduceOptions {
  readonly keepDims?: boolean;
}

/** Σ over `axes` (all axes where none are given). */
export function reduceSum(x: Value, axes?: readonly number[], options: ReduceOptions = {}): Value {
  return axes?.length === 0 ? x : sum([x], reduceAttributes(x, axes, options))[0]!;
}

/** Mean over `axes` (all axes where none are given). */
export function reduceMean(x: Value, axes?: readonly number[], options: ReduceOptions = {}): Value {
  return axes?.length === 0 ? x : mean([x], reduceAttributes(x, axes, options))[0]!;
}

function reduceAttributes(
  x: Value,
  axes: readonly number[] | undefined,
  options: ReduceOptions,
): ReduceAttributes {
  const all = (axes ?? x.shape.map((_, axis) => axis)).map((axis) => normaliseAxis('reduce', axis, x.shape));
  if (new Set(all).size !== all.length)
    throw shapeMismatch('reduce', `each axis once, not ${formatShape(all)}`, x.shape);
  return { axes: all, keepDims: options.keepDims ? 1 : 0 };
}

/** dy with the reduced axes back in place, each of size 1. */
function restored(dy: Value, x: Value, axes: readonly number[]): Value {
  return reshape(dy, reducedShape(x, axes, true));
}

function reducedShape(x: Value, axes: readonly number[], keepDims: boolean): readonly Dim[] {
  return x.shape.flatMap((dim, axis): Dim[] => (axes.includes(axis) ? (keepDims ? [1] : []) : [dim]));
}

function reduction(type: string, rule: (x: Value, axes: readonly number[], dy: Value) => Value) {
  return defineOperator<ReduceAttributes>({
    name: type.charAt(0).toLowerCase() + type.slice(1),
    infer: ([x], { axes, keepDims }) => [{ dtype: x!.dtype, shape: reducedShape(x!, axes, keepDims === 1) }],
    gradient: ({ inputs: [x], attributes: { axes } }, dy) => [() => rule(x!, axes, dy)],
    // ReduceSum and ReduceMean take their axes as an input from opset 13 and 18 on.
    onnx: ({ axes, keepDims }) => ({ type, ints: { keepdims: keepDims }, trailing: [axes] }),
    placesFirst: ({ axes, keepDims }) =>
      keepDims === 1 || keepsOrder(axes)
        ? { axes: axes.map((axis) => movedAxes[axis]!), keepDims }
        : undefined,
  });
}

/** Whether the axes that are left stand in the same order in both layouts: those of the places, or the other two. */
function keepsOrder(axes: readonly number[]): boolean {
  return [
    [0, 1],
    [2, 3],
  ].some((half) => half.every((axis) => axes.includes(axis)));
}
