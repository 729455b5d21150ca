import type { Value } from '../graph.js';
import { defineOperator } from '../operator.js';
import { shapeMismatch, sizeOf } from '../shape.js';
import { type ConvOptions, resolvePadding, windowOutput } from './convolution.js';
import { expand, reshape } from './layout.js';

interface Pool extends Readonly<Record<string, readonly number[]>> {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

/** How windows move over each feature map; padding `valid` where it is left out. */
export interface PoolOptions {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding?: ConvOptions['padding'];
}

/** The largest value of each window: [batch, channels, height, width] → [batch, channels, out height, out width]. */
export function maxPool(x: Value, { kernel, strides, padding = 'valid' }: PoolOptions): Value {
  return pool([x], { kernel, strides, pads: resolvePadding(padding, x, kernel, strides, [1, 1]) })[0]!;
}

const noDilation = [1, 1];

const pool = defineOperator<Pool>({
  name: 'maxPool',
  infer: ([x], { kernel, strides, pads }) => {
    if (x!.rank !== 4) throw shapeMismatch('maxPool', 'images of rank 4', x!.shape);
    const spatial = windowOutput('maxPool', x!.shape, kernel, { strides, pads, dilations: noDilation });
    const shape = [...x!.shape.slice(0, 2), ...spatial];
    // The second result, where each largest value stood, is written to the file only where it is used.
    return [
      { dtype: 'float32', shape },
      { dtype: 'int64', shape },
    ];
  },
  gradient: ({ inputs: [x], attributes }, dy) => [(): Value => poolGradient([x!, dy], attributes)[0]!],
  onnx: ({ kernel, strides, pads }) => ({
    type: 'MaxPool',
    ints: { kernel_shape: kernel, strides, pads, dilations: noDilation, ceil_mode: 0, storage_order: 0 },
  }),
});

/** Sends each gradient to the first largest element of its window; overlapping windows add up. */
const poolGradient = defineOperator<Pool>({
  name: 'maxPoolGradient',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  lower: ([x, dy], attributes): readonly Value[] => {
    const indices = pool([x!], attributes)[1]!;
    const flat = (value: Value) => reshape(value, [sizeOf(value.dims)]);
    const zeros = expand(reshape(x!.graph.scalar(0), [1]), [sizeOf(x!.dims)]);
    return [reshape(scatterAdd([zeros, flat(indices), flat(dy!)], {})[0]!, x!.shape)];
  },
});

/** data[indices[i]] += updates[i] */
const scatterAdd = defineOperator<Readonly<Record<string, never>>>({
  name: 'scatterAdd',
  infer: ([data]) => [{ dtype: data!.dtype, shape: data!.shape }],
  onnx: () => ({ type: 'ScatterElements', ints: { axis: 0 }, strings: { reduction: 'add' } }),
});
