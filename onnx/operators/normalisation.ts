import type { Value } from '../graph.js';
import { defineOperator } from '../operator.js';
import { knownPlacesFirst, placesLast } from '../places-first.js';
import { shapeMismatch, sizeOf } from '../shape.js';
import { add, div, mul, sqrt, sub } from './elementwise.js';
import { reshape } from './layout.js';

interface LrnAttributes extends Readonly<Record<string, number>> {
  /** Number of neighbouring channels in a window, odd. */
  readonly size: number;
  /** Factor of the MEAN of squares over a window, as ONNX counts it (TensorFlow's alpha · size). */
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

/**
 * Local response normalisation across channels: x / (bias + alpha · mean of x² over `size` channels)^beta
 * (Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks", section 3.3).
 *
 * @param x [batch, channels, height, width]
 */
export function lrn(x: Value, attributes: LrnAttributes): Value {
  return lrnOperator([x], attributes)[0]!;
}

const lrnOperator = defineOperator<LrnAttributes>({
  name: 'lrn',
  infer: ([x], { size }) => {
    if (x!.rank !== 4 || size % 2 === 0)
      throw shapeMismatch('lrn', `images of rank 4 and an odd size, not ${size}`, x!.shape);
    return [{ dtype: 'float32', shape: x!.shape }];
  },
  gradient: ({ inputs: [x], attributes }, dy) => [() => lrnGradient([x!, dy], attributes)[0]!],
  lower: ([x], attributes) =>
    attributes.beta === 0.75
      ? [div(x!, powerThreeQuarters(scale(x!, attributes)))]
      : nativeLrn([x!], attributes),
});

/** With r = bias + alpha · mean(x²): dx = dy·r^-β − 2αβ·x · mean(dy·x·r^(−β−1)), the mean over the same window. */
const lrnGradient = defineOperator<LrnAttributes>({
  name: 'lrnGradient',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  lower: ([x, dy], attributes) => {
    const { alpha, beta } = attributes;
    const r = scale(x!, attributes);
    const power = beta === 0.75 ? powerThreeQuarters(r) : pow([r, x!.graph.scalar(beta)], {})[0]!;
    const direct = div(dy!, power);
    const shared = windowMean([div(mul(direct, x!), r)], { size: attributes.size })[0]!;
    return [sub(direct, mul(mul(x!, 2 * alpha * beta), shared))];
  },
});

function scale(x: Value, { size, alpha, bias }: LrnAttributes): Value {
  return add(mul(windowMean([mul(x, x)], { size })[0]!, alpha), bias);
}

/** r^¾ from two square roots: a third of the time of a general power. */
function powerThreeQuarters(r: Value): Value {
  const root = sqrt(r);
  return mul(root, sqrt(root));
}

const pow = defineOperator<Readonly<Record<string, never>>>({
  name: 'pow',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  onnx: () => ({ type: 'Pow' }),
});

const nativeLrn = defineOperator<LrnAttributes>({
  name: 'nativeLrn',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  onnx: ({ size, alpha, beta, bias }) => ({ type: 'LRN', ints: { size }, floats: { alpha, beta, bias } }),
});

/** Mean over a window of `size` channels around each, zeros beyond the first and the last; its own adjoint. */
const windowMean = defineOperator<{ readonly size: number }>({
  name: 'channelWindowMean',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  lower: ([x], { size }) => {
    const inner = knownPlacesFirst(x!); // [H, W, B, C]
    if (inner !== undefined) {
      const rows = reshape(inner, [sizeOf(inner.dims.slice(0, 3)), 1, 1, inner.size(3)]); // [H·W·B, 1, 1, C]
      return [placesLast(reshape(average([rows], { window: [1, size] })[0]!, inner.shape))];
    }
    const pixels = sizeOf([x!.size(2), x!.size(3)]);
    const plane = reshape(x!, [x!.shape[0]!, 1, x!.size(1), pixels]); // [B, 1, C, H·W]
    return [reshape(average([plane], { window: [size, 1] })[0]!, x!.shape)];
  },
});

/** Mean of an odd window around each element of [batch, 1, rows, columns], zeros beyond the edges. */
const average = defineOperator<{ readonly window: readonly [rows: number, columns: number] }>({
  name: 'averagePool',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  onnx: ({ window }) => ({
    type: 'AveragePool',
    ints: {
      kernel_shape: window,
      strides: [1, 1],
      pads: [...window, ...window].map((size) => (size - 1) / 2),
      count_include_pad: 1,
      ceil_mode: 0,
    },
  }),
});
