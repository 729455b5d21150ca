import type { Value } from '../graph.js';
import { defineOperator } from '../operator.js';
import { movedAxes } from '../places-first.js';
import { formatShape, normaliseAxis, sameShape, shapeMismatch, sizeOf } from '../shape.js';
import type { Dim, Shape } from '../types.js';
import { reduceSum } from './reduction.js';

type Numbers = readonly number[];

const reshapeOperator = defineOperator<{ readonly shape: readonly number[]; readonly names: string }>({
  name: 'reshape',
  infer: ([x], { shape, names }) => [{ dtype: x!.dtype, shape: named(shape, names) }],
  gradient: ({ inputs: [x] }, dy) => [() => reshape(dy, x!.shape)],
  onnx: ({ shape }) => ({ type: 'Reshape', trailing: [shape] }),
});

/** The same elements in another shape. A symbolic size may be kept (one at most); it is worked out at run time. */
export function reshape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const symbols = shape.filter((dim) => typeof dim === 'string');
  const known = (dims: Shape) => sizeOf(dims.filter((dim) => typeof dim === 'number'));
  const kept = x.shape.filter((dim) => typeof dim === 'string');
  if (symbols.length > 1 || known(x.shape) !== known(shape) || symbols.join() !== kept.join()) {
    throw shapeMismatch('reshape', `a shape of as many elements as ${formatShape(x.shape)}`, shape);
  }
  const numbers = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  return reshapeOperator([x], { shape: numbers, names: symbols.join() })[0]!;
}

/** All axes from `axis` on become one: [a, b, c, d] → [a, b·c·d] for axis 1. */
export function flatten(x: Value, axis = 1): Value {
  const tail = x.shape.slice(axis).map((_, index) => x.size(axis + index));
  return reshape(x, [...x.shape.slice(0, axis), sizeOf(tail)]);
}

const transposeOperator = defineOperator<{ readonly permutation: Numbers }>({
  name: 'transpose',
  infer: ([x], { permutation }) => {
    if (permutation.length !== x!.rank || !x!.shape.every((_, axis) => permutation.includes(axis))) {
      throw shapeMismatch(
        'transpose',
        `a permutation of ${x!.rank} axes, not ${formatShape(permutation)}`,
        x!.shape,
      );
    }
    return [{ dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }];
  },
  gradient: ({ attributes: { permutation } }, dy) => [
    () =>
      transpose(
        dy,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
  ],
  onnx: ({ permutation }) => ({ type: 'Transpose', ints: { perm: permutation } }),
});

/** Axis i of the result is axis permutation[i] of x. */
export function transpose(x: Value, permutation: Numbers): Value {
  return transposeOperator([x], { permutation })[0]!;
}

/**
 * The first `axes` axes behind all others: [a, b, c, d] → [c, d, a, b] for 2. It is the transposition of a matrix, with an
 * axis of size 1 before it: between reshapes without one, ONNX Runtime's optimizer makes a transposition of all axes of
 * it, which takes ten times as long (bench/README.md).
 */
export function rotate(x: Value, axes: number): Value {
  const [front, back] = [x.dims.slice(0, axes), x.dims.slice(axes)];
  const matrix = reshape(x, [1, sizeOf(front), sizeOf(back)]);
  return reshape(transpose(matrix, [0, 2, 1]), [...back, ...front]);
}

interface SliceAttributes extends Readonly<Record<string, Numbers>> {
  readonly axes: Numbers;
  readonly starts: Numbers;
  readonly ends: Numbers;
  readonly steps: Numbers;
}

/** Far beyond any axis, as ONNX writes "to the very end" of a backward slice. */
const beforeStart = -(2 ** 31);

const sliceOperator = defineOperator<SliceAttributes>({
  name: 'slice',
  infer: ([x], { axes, starts, ends, steps }) => {
    const shape = x!.shape.slice();
    for (const [index, axis] of axes.entries()) {
      const [start, end, step] = [starts[index]!, ends[index]!, steps[index]!];
      const size = x!.size(axis);
      const length = step > 0 ? Math.ceil((end - start) / step) : start + 1;
      if (start < 0 || start >= size || end > size || length < 1) {
        throw shapeMismatch('slice', `[${start}, ${end}) step ${step} within axis ${axis}`, x!.shape);
      }
      shape[axis] = length;
    }
    return [{ dtype: x!.dtype, shape }];
  },
  gradient: ({ inputs: [x], attributes: { axes, starts, ends, steps } }, dy) => [
    () => {
      if (steps.every((step) => step === -1)) return reverse(dy, axes);
      if (steps.some((step) => step !== 1))
        throw shapeMismatch('slice gradient', 'steps of 1 or whole reversals', x!.shape);
      const before = x!.shape.map((_, axis) => (axes.includes(axis) ? starts[axes.indexOf(axis)]! : 0));
      const after = x!.shape.map((_, axis) =>
        axes.includes(axis) ? x!.size(axis) - ends[axes.indexOf(axis)]! : 0,
      );
      return pad(dy, before, after);
    },
  ],
  onnx: ({ axes, starts, ends, steps }) => ({ type: 'Slice', trailing: [starts, ends, axes, steps] }),
  placesFirst: ({ axes, ...rest }) => ({ axes: axes.map((axis) => movedAxes[axis]!), ...rest }),
});

/** x[start, end) along one axis. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const along = normaliseAxis('slice', axis, x.shape);
  if (start === 0 && end === x.shape[along]) return x;
  return sliceOperator([x], { axes: [along], starts: [start], ends: [end], steps: [1] })[0]!;
}

/** `counts[i]` elements along axes[i], every steps[i]-th from starts[i] on. No gradient where a step is not 1. */
export function everyNth(x: Value, axes: Numbers, starts: Numbers, counts: Numbers, steps: Numbers): Value {
  if (axes.every((axis, index) => steps[index] === 1 && counts[index] === x.shape[axis])) return x;
  const ends = starts.map((start, index) => start + (counts[index]! - 1) * steps[index]! + 1);
  return sliceOperator([x], { axes, starts, ends, steps })[0]!;
}

/** x backwards along each of `axes`. */
export function reverse(x: Value, axes: Numbers): Value {
  const starts = axes.map((axis) => x.size(axis) - 1);
  return sliceOperator([x], {
    axes,
    starts,
    ends: axes.map(() => beforeStart),
    steps: axes.map(() => -1),
  })[0]!;
}

const padOperator = defineOperator<{ readonly before: Numbers; readonly after: Numbers }>({
  name: 'pad',
  infer: ([x], { before, after }) => {
    const shape = x!.shape.map((dim, axis) => {
      const [front, back] = [before[axis] ?? 0, after[axis] ?? 0];
      return front === 0 && back === 0 ? dim : x!.size(axis) + front + back;
    });
    if (before.length !== x!.rank || after.length !== x!.rank || shape.some((dim) => Number(dim) < 1)) {
      const counts = `${formatShape(before)} and ${formatShape(after)}`;
      throw shapeMismatch('pad', `a count for each axis that leaves elements, not ${counts}`, x!.shape);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  gradient: ({ attributes: { before, after } }, dy) => [
    () =>
      pad(
        dy,
        before.map((count) => -count),
        after.map((count) => -count),
      ),
  ],
  onnx: ({ before, after }) => ({
    type: 'Pad',
    strings: { mode: 'constant' },
    trailing: [[...before, ...after]],
  }),
  placesFirst: ({ before, after }) => ({
    before: movedAxes.map((axis) => before[axis]!),
    after: movedAxes.map((axis) => after[axis]!),
  }),
});

/** Zeros around x: `before[i]` in front of axis i, `after[i]` behind it; negative counts cut. */
export function pad(x: Value, before: Numbers, after: Numbers): Value {
  if ([...before, ...after].every((count) => count === 0)) return x;
  return padOperator([x], { before, after })[0]!;
}

const concatOperator = defineOperator<{ readonly axis: number }>({
  name: 'concat',
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    const rest = (shape: Shape) => shape.filter((_, index) => index !== axis);
    for (const input of inputs) {
      if (!sameShape(rest(input.shape), rest(first!.shape))) {
        throw shapeMismatch('concat', `shapes equal but for axis ${axis}`, first!.shape, input.shape);
      }
    }
    const total = inputs.reduce((sum, input) => sum + input.size(axis), 0);
    return [{ dtype: first!.dtype, shape: first!.shape.map((dim, index) => (index === axis ? total : dim)) }];
  },
  gradient: ({ inputs, attributes: { axis } }, dy) => {
    let offset = 0;
    return inputs.map((input) => {
      const start = offset;
      offset += input.size(axis);
      return () => slice(dy, axis, start, start + input.size(axis));
    });
  },
  onnx: ({ axis }) => ({ type: 'Concat', ints: { axis } }),
});

/** The inputs one behind the other along `axis`. */
export function concat(inputs: readonly Value[], axis: number): Value {
  return concatOperator(inputs, { axis: normaliseAxis('concat', axis, inputs[0]!.shape) })[0]!;
}

const expandOperator = defineOperator<{ readonly shape: Numbers }>({
  name: 'expand',
  infer: ([x], { shape }) => [{ dtype: x!.dtype, shape }],
  gradient: ({ inputs: [x], attributes: { shape } }, dy) => [
    () =>
      reduceSum(
        dy,
        shape.flatMap((dim, axis) => (x!.shape[axis] === dim ? [] : [axis])),
        { keepDims: true },
      ),
  ],
  onnx: ({ shape }) => ({ type: 'Expand', trailing: [shape] }),
});

/** x repeated along its axes of size 1 until it has `shape`, which must be known. */
export function expand(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const target = shape.map((dim): number => {
    if (typeof dim === 'number') return dim;
    throw shapeMismatch('expand', 'a known shape', shape);
  });
  if (x.rank !== target.length || !x.shape.every((dim: Dim, axis) => dim === 1 || dim === target[axis])) {
    throw shapeMismatch('expand', `a shape that stretches to ${formatShape(target)}`, x.shape);
  }
  return expandOperator([x], { shape: target })[0]!;
}

function named(shape: readonly number[], name: string): Shape {
  return shape.map((dim): Dim => (dim === -1 ? name : dim));
}
