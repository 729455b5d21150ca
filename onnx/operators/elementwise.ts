import type { Backward, Graph, Value } from '../graph.js';
import { defineOperator, elementwise, type None } from '../operator.js';
import { broadcast, sameShape, shapeMismatch } from '../shape.js';
import type { DType } from '../types.js';
import { reshape } from './layout.js';
import { reduceSum } from './reduction.js';

/** A number stands for a float32 scalar constant. */
export type Operand = Value | number;

/** a + b, broadcast. */
export const add = binary('Add', (_a, _b, dy) => [() => dy, () => dy]);
/** a − b, broadcast. */
export const sub = binary('Sub', (_a, _b, dy) => [() => dy, () => neg(dy)]);
/** a · b, broadcast. */
export const mul = binary('Mul', (a, b, dy) => [() => mul(dy, b), () => mul(dy, a)]);
/** a / b, broadcast. */
export const div = binary('Div', (a, b, dy) => [() => div(dy, b), () => neg(div(mul(dy, a), mul(b, b)))]);
/** The larger of a and b, broadcast; where they are equal the gradient goes to a. */
export const maximum = binary('Max', (a, b, dy) => [
  () => where(lessOrEqual(b, a), dy, 0),
  () => where(lessOrEqual(b, a), 0, dy),
]);

/** −x */
export const neg = unary('Neg', (_x, _y, dy) => neg(dy));
/** √x */
export const sqrt = unary('Sqrt', (_x, y, dy) => div(mul(dy, 0.5), y));
/** eˣ */
export const exp = unary('Exp', (_x, y, dy) => mul(dy, y));
/** ln x */
export const log = unary('Log', (x, _y, dy) => div(dy, x));

/** a ≤ b as bool, broadcast. */
export const lessOrEqual = comparison('LessOrEqual');
/** a = b as bool, broadcast. */
export const equal = comparison('Equal');

const select = defineOperator<None>({
  name: 'where',
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool' || a!.dtype !== b!.dtype) {
      throw shapeMismatch('where', 'a bool condition and operands of one type', condition!.shape);
    }
    return [
      {
        dtype: a!.dtype,
        shape: broadcast('where', condition!.shape, broadcast('where', a!.shape, b!.shape)),
      },
    ];
  },
  gradient: ({ inputs: [condition, a, b] }, dy) => [
    undefined,
    () => sumTo(where(condition!, dy, 0), a!),
    () => sumTo(where(condition!, 0, dy), b!),
  ],
  onnx: () => ({ type: 'Where' }),
  ...elementwise,
});

/** condition ? a : b, element by element, broadcast. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  return select([condition, lift(condition.graph, a), lift(condition.graph, b)], {})[0]!;
}

const onnxTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const satisfies Record<
  DType,
  number
>;

const convert = defineOperator<{ readonly to: DType }>({
  name: 'cast',
  infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  onnx: ({ to }) => ({ type: 'Cast', ints: { to: onnxTypes[to] } }),
  ...elementwise,
});

/** x in another element type. No gradient flows through it. */
export function cast(x: Value, to: DType): Value {
  return x.dtype === to ? x : convert([x], { to })[0]!;
}

/** Sums a broadcast gradient back to the shape of `target`. */
function sumTo(gradient: Value, target: Value): Value {
  if (sameShape(gradient.shape, target.shape)) return gradient;
  const missing = gradient.rank - target.rank;
  const stretched = gradient.shape.flatMap((dim, axis) =>
    axis < missing || (target.shape[axis - missing] === 1 && dim !== 1) ? [axis] : [],
  );
  const summed = stretched.length === 0 ? gradient : reduceSum(gradient, stretched, { keepDims: true });
  return missing === 0 ? summed : reshape(summed, target.shape);
}

function lift(graph: Graph, operand: Operand): Value {
  return typeof operand === 'number' ? graph.scalar(operand) : operand;
}

function pair(a: Operand, b: Operand): [Value, Value] {
  if (typeof a !== 'number') return [a, lift(a.graph, b)];
  if (typeof b !== 'number') return [lift(b.graph, a), b];
  throw new TypeError('one operand at least must be a Value, got two numbers');
}

type BinaryRule = (a: Value, b: Value, dy: Value) => readonly [() => Value, () => Value];

function binary(type: string, rule: BinaryRule) {
  const apply = defineOperator<None>({
    name: type.toLowerCase(),
    infer: ([a, b]) => {
      checkTypes(type, a!, b!);
      return [{ dtype: a!.dtype, shape: broadcast(type, a!.shape, b!.shape) }];
    },
    gradient: ({ inputs: [a, b] }, dy): readonly Backward[] => {
      const [left, right] = rule(a!, b!, dy);
      return [() => sumTo(left(), a!), () => sumTo(right(), b!)];
    },
    onnx: () => ({ type }),
    ...elementwise,
  });
  return (a: Operand, b: Operand): Value => apply(pair(a, b), {})[0]!;
}

function unary(type: string, rule: (x: Value, y: Value, dy: Value) => Value) {
  const apply = defineOperator<None>({
    name: type.toLowerCase(),
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    gradient: ({ inputs: [x], outputs: [y] }, dy) => [() => rule(x!, y!, dy)],
    onnx: () => ({ type }),
    ...elementwise,
  });
  return (x: Value): Value => apply([x], {})[0]!;
}

function comparison(type: string) {
  const apply = defineOperator<None>({
    name: type.charAt(0).toLowerCase() + type.slice(1),
    infer: ([a, b]) => {
      checkTypes(type, a!, b!);
      return [{ dtype: 'bool', shape: broadcast(type, a!.shape, b!.shape) }];
    },
    onnx: () => ({ type }),
    ...elementwise,
  });
  return (a: Operand, b: Operand): Value => apply(pair(a, b), {})[0]!;
}

function checkTypes(type: string, a: Value, b: Value): void {
  if (a.dtype === b.dtype) return;
  throw shapeMismatch(type, `operands of one type, got ${a.dtype} and ${b.dtype}`, a.shape, b.shape);
}
