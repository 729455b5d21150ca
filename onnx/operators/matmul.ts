import type { Value } from '../graph.js';
import { defineOperator, type None } from '../operator.js';
import { broadcast, formatShape, shapeMismatch } from '../shape.js';
import { transpose } from './layout.js';
import { reduceSum } from './reduction.js';

interface Transposes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const gemm = defineOperator<{ readonly transA: number; readonly transB: number }>({
  name: 'gemm',
  infer: ([a, b, bias], { transA, transB }) => {
    if (a!.rank !== 2 || b!.rank !== 2) throw shapeMismatch('matMul', 'two matrices', a!.shape, b!.shape);
    const [rows, inner] = transA ? [a!.shape[1]!, a!.shape[0]!] : [a!.shape[0]!, a!.shape[1]!];
    const [inner2, columns] = transB ? [b!.shape[1]!, b!.shape[0]!] : [b!.shape[0]!, b!.shape[1]!];
    if (inner !== inner2) throw shapeMismatch('matMul', 'equal inner sizes', a!.shape, b!.shape);
    if (bias !== undefined && (bias.rank !== 1 || bias.shape[0] !== columns)) {
      throw shapeMismatch('dense', `a bias of shape ${formatShape([columns])}`, bias.shape);
    }
    return [{ dtype: 'float32', shape: [rows, columns] }];
  },
  gradient: ({ inputs: [a, b], attributes: { transA, transB } }, dy) => [
    () =>
      transA
        ? matMul(b!, dy, { transposeA: transB === 1, transposeB: true })
        : matMul(dy, b!, { transposeB: transB === 0 }),
    () =>
      transB
        ? matMul(dy, a!, { transposeA: true, transposeB: transA === 1 })
        : matMul(a!, dy, { transposeA: transA === 0 }),
    () => reduceSum(dy, [0]),
  ],
  onnx: ({ transA, transB }) => ({ type: 'Gemm', ints: { transA, transB } }),
  multiplyAdds: ([a], [y], { transA }) => {
    const inner = a!.shape[transA ? 0 : 1];
    return [...y!.shape, inner].reduce<number>(
      (product, dim) => product * (typeof dim === 'number' ? dim : 1),
      1,
    );
  },
});

/** a · b for matrices, either of them transposed on the way: [m, k] · [k, n] → [m, n]. */
export function matMul(
  a: Value,
  b: Value,
  { transposeA = false, transposeB = false }: Transposes = {},
): Value {
  return gemm([a, b], { transA: Number(transposeA), transB: Number(transposeB) })[0]!;
}

/** A fully connected layer: [batch, in] · [in, out] + [out] → [batch, out]. */
export function dense(x: Value, weights: Value, biases: Value): Value {
  return gemm([x, weights, biases], { transA: 0, transB: 0 })[0]!;
}

const batched = defineOperator<None>({
  name: 'batchedMatMul',
  infer: ([a, b]) => {
    if (a!.rank !== 3 || b!.rank !== 3 || a!.shape[0] !== b!.shape[0] || a!.shape[2] !== b!.shape[1]) {
      throw shapeMismatch('batchedMatMul', '[batch, m, k] and [batch, k, n]', a!.shape, b!.shape);
    }
    return [{ dtype: 'float32', shape: [a!.shape[0]!, a!.shape[1]!, b!.shape[2]!] }];
  },
  gradient: ({ inputs: [a, b] }, dy) => [
    () => batchedMatMul(dy, transpose(b!, [0, 2, 1])),
    () => batchedMatMul(transpose(a!, [0, 2, 1]), dy),
  ],
  onnx: () => ({ type: 'MatMul' }),
  multiplyAdds: ([a], [y]) =>
    [...y!.shape, a!.shape[2]].reduce<number>(
      (product, dim) => product * (typeof dim === 'number' ? dim : 1),
      1,
    ),
});

/** MatMul as numpy has it: what stands before the last two axes is broadcast. For lowerings: it has no gradient. */
export function broadcastMatMul(a: Value, b: Value): Value {
  return broadcastOperator([a, b], {})[0]!;
}

const broadcastOperator = defineOperator<None>({
  name: 'broadcastMatMul',
  infer: ([a, b]) => {
    if (a!.size(-1) !== b!.size(-2)) throw shapeMismatch('matMul', 'equal inner sizes', a!.shape, b!.shape);
    const outer = broadcast('matMul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ dtype: 'float32', shape: [...outer, a!.size(-2), b!.size(-1)] }];
  },
  onnx: () => ({ type: 'MatMul' }),
});

/** One product a batch entry: [batch, m, k] · [batch, k, n] → [batch, m, n]. */
export function batchedMatMul(a: Value, b: Value): Value {
  return batched([a, b], {})[0]!;
}
