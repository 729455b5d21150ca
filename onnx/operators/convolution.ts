import type { Value } from '../graph.js';
import { defineOperator } from '../operator.js';
import { shapeMismatch } from '../shape.js';
import type { Dim, Shape } from '../types.js';
import { add } from './elementwise.js';
import { concat, everyNth, pad, reshape, reverse, slice, transpose } from './layout.js';
import { matMul } from './matmul.js';
import { reduceSum } from './reduction.js';
import { winogradAxes, winogradConv, winogradInputGradient, winogradWeightGradient } from './winograd.js';

/** Where a convolution's filters are laid, in ONNX's terms. */
export interface Window extends Readonly<Record<string, readonly number[] | number>> {
  /** [vertical, horizontal] */
  readonly strides: readonly number[];
  /** Zeros at [top, left, bottom, right]. */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

/** How filters move; what is left out: strides and dilations 1, padding `valid`, one group, no bias. */
export interface ConvOptions {
  readonly strides?: readonly [number, number];
  /** `same`: as many outputs as ⌈input / stride⌉, the odd zero at the bottom right (TensorFlow's rule). */
  readonly padding?: 'same' | 'valid' | readonly [top: number, left: number, bottom: number, right: number];
  readonly dilations?: readonly [number, number];
  readonly groups?: number;
  readonly bias?: Value;
}

/**
 * 2-D convolution (cross-correlation, as in every neural network library).
 *
 * @param x [batch, channels, height, width]
 * @param weights [filters, channels / groups, kernel height, kernel width]
 * @returns [batch, filters, out height, out width]
 */
export function conv(x: Value, weights: Value, options: ConvOptions = {}): Value {
  const { strides = [1, 1], padding = 'valid', dilations = [1, 1], groups = 1, bias } = options;
  const pads = resolvePadding(padding, x, [weights.size(2), weights.size(3)], strides, dilations);
  return convOperator(bias === undefined ? [x, weights] : [x, weights, bias], {
    strides,
    pads,
    dilations,
    groups,
  })[0]!;
}

const convOperator = defineOperator<Window>({
  name: 'conv',
  infer: ([x, w, bias], window) => {
    if (x!.rank !== 4 || w!.rank !== 4)
      throw shapeMismatch('conv', 'images and weights of rank 4', x!.shape, w!.shape);
    const [filters, perGroup] = [w!.size(0), w!.size(1)];
    if (x!.size(1) !== perGroup * window.groups || filters % window.groups !== 0) {
      throw shapeMismatch(
        'conv',
        `weights [filters, ${x!.size(1) / window.groups}, …] for ${window.groups} groups`,
        x!.shape,
        w!.shape,
      );
    }
    if (bias !== undefined && (bias.rank !== 1 || bias.size(0) !== filters)) {
      throw shapeMismatch('conv', `a bias of ${filters} elements`, bias.shape);
    }
    const spatial = windowOutput('conv', x!.shape, [w!.size(2), w!.size(3)], window);
    return [{ dtype: 'float32', shape: [x!.shape[0]!, filters, ...spatial] }];
  },
  gradient: ({ inputs: [x, w], attributes }, dy) => [
    () => inputGradient([w!, dy], { ...attributes, inputSize: [x!.size(2), x!.size(3)] })[0]!,
    () => weightGradient([x!, dy], { ...attributes, kernel: [w!.size(2), w!.size(3)] })[0]!,
    () => reduceSum(dy, [0, 2, 3]),
  ],
  lower: (inputs, window) => {
    const [x, w, bias] = inputs;
    const axes = winogradAxes(x!.shape, w!.dims, window);
    if (axes !== undefined) return [withBias(winogradConv(x!, w!, axes), bias)];
    return manySmallMaps(inputs, window) ? [productOfPatches(inputs, window)] : nativeConv(inputs, window);
  },
  multiplyAdds: ([, w], [y]) => {
    const perOutput = w!.size(1) * w!.size(2) * w!.size(3);
    return (
      perOutput * y!.shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1)
    );
  },
});

const nativeConv = defineOperator<Window>({
  name: 'conv',
  infer: ([x, w], window) => {
    const spatial = windowOutput('conv', x!.shape, [w!.size(2), w!.size(3)], window);
    return [{ dtype: 'float32', shape: [x!.shape[0]!, w!.size(0), ...spatial] }];
  },
  onnx: ({ strides, pads, dilations, groups }, [, w]) => ({
    type: 'Conv',
    ints: { kernel_shape: [w!.size(2), w!.size(3)], strides, pads, dilations, group: groups },
  }),
});

/**
 * Whether a convolution with many filters over maps of few places, of a batch of known size: ONNX Runtime multiplies
 * picture by picture and reads all weights for each (bench/README.md).
 */
function manySmallMaps([x, w]: readonly Value[], { groups }: Window): boolean {
  const [batch, , height, width] = x!.shape;
  if (typeof batch !== 'number' || typeof height !== 'number' || typeof width !== 'number') return false;
  return batch >= 16 && groups === 1 && w!.size(0) >= 128 && w!.size(1) >= 128 && height * width <= 64;
}

/** The convolution as one matrix product over the whole batch: [F, kh·kw·C] · [kh·kw·C, OH·OW·B]. */
function productOfPatches([x, w, bias]: readonly Value[], window: Window): Value {
  const [filters, channels, kernelHeight, kernelWidth] = w!.dims as [number, number, number, number];
  const [outHeight, outWidth] = windowOutput('conv', x!.shape, [kernelHeight, kernelWidth], window) as [
    number,
    number,
  ];
  const taps = seenByTaps(x!, { ...window, kernel: [kernelHeight, kernelWidth] }, [outHeight, outWidth]);
  const weights = reshape(transpose(w!, [0, 2, 3, 1]), [filters, kernelHeight * kernelWidth * channels]);
  const product = matMul(weights, concat(taps, 0)); // [F, OH·OW·B]
  const y = transpose(reshape(product, [filters, outHeight, outWidth, x!.size(0)]), [3, 0, 1, 2]); // [B, F, OH, OW]
  return withBias(y, bias);
}

/** [B, F, H, W] + [F] */
function withBias(y: Value, bias: Value | undefined): Value {
  return bias === undefined ? y : add(y, reshape(bias, [1, y.size(1), 1, 1]));
}

/**
 * The part of the padded images that each entry of the kernel sees, one behind the other: kh·kw × [C, OH·OW·B]. The
 * batch is the innermost axis, so that a part is copied in rows of B numbers and more: ONNX Runtime cuts on one thread,
 * and short rows are dear (bench/README.md).
 */
function seenByTaps(
  x: Value,
  { strides, pads, dilations, kernel }: Window & { readonly kernel: readonly number[] },
  [outHeight, outWidth]: readonly [number, number],
): readonly Value[] {
  const [batch, channels] = [x.size(0), x.size(1)];
  const [top, left, bottom, right] = pads as [number, number, number, number];
  const [kernelHeight, kernelWidth] = kernel as [number, number];
  const images = pad(transpose(x, [1, 2, 3, 0]), [0, top, left, 0], [0, bottom, right, 0]); // [C, H + …, W + …, B]
  return Array.from({ length: kernelHeight * kernelWidth }, (_, tap) => {
    const first = [Math.floor(tap / kernelWidth), tap % kernelWidth].map((at, axis) => at * dilations[axis]!);
    const seen = everyNth(images, [1, 2], first, [outHeight, outWidth], strides); // [C, OH, OW, B]
    return reshape(seen, [channels, outHeight * outWidth * batch]);
  });
}

/** ∂loss/∂images from the weights and the gradient of the outputs. */
const inputGradient = defineOperator<Window & { readonly inputSize: readonly number[] }>({
  name: 'convInputGradient',
  infer: ([w, dy], { groups, inputSize }) => [
    { dtype: 'float32', shape: [dy!.shape[0]!, w!.size(1) * groups, ...inputSize] },
  ],
  lower: ([w, dy], attributes) => {
    const { strides, pads, dilations, groups, inputSize } = attributes;
    const axes = winogradAxes([dy!.shape[0]!, w!.size(1) * groups, ...inputSize], w!.dims, attributes);
    if (axes !== undefined) return [winogradInputGradient(w!, dy!, axes)];
    const plain = strides.every((s) => s === 1) && dilations.every((d) => d === 1) && groups === 1;
    const reach = [w!.size(2) - 1, w!.size(3) - 1];
    const padsFit = pads.every((padding, side) => padding <= reach[side % 2]!);
    if (!plain || !padsFit) return transposedConv([dy!, w!], attributes);
    // A convolution with the weights turned by 180° and inputs and outputs exchanged: 1.6 times as fast as
    // ConvTranspose on CPU, whose kernel does not use the blocked matrix product (bench/README.md).
    const turned = transpose(reverse(w!, [2, 3]), [1, 0, 2, 3]); // [channels, filters, kh, kw]
    const [top, left, bottom, right] = pads;
    const padding = [reach[0]! - top!, reach[1]! - left!, reach[0]! - bottom!, reach[1]! - right!] as const;
    return [conv(dy!, turned, { padding })];
  },
});

const transposedConv = defineOperator<Window & { readonly inputSize: readonly number[] }>({
  name: 'convTranspose',
  infer: ([dy, w], { groups, inputSize }) => [
    { dtype: 'float32', shape: [dy!.shape[0]!, w!.size(1) * groups, ...inputSize] },
  ],
  onnx: ({ strides, pads, dilations, groups, inputSize }, [dy, w]) => ({
    type: 'ConvTranspose',
    ints: {
      kernel_shape: [w!.size(2), w!.size(3)],
      strides,
      pads,
      dilations,
      group: groups,
      // Rows that no window reached because the stride did not divide.
      output_padding: [0, 1].map((axis) => {
        const extent = (w!.size(axis + 2) - 1) * dilations[axis]! + 1;
        const covered = (dy!.size(axis + 2) - 1) * strides[axis]! + extent - pads[axis]! - pads[axis + 2]!;
        return inputSize[axis]! - covered;
      }),
    },
  }),
});

/** ∂loss/∂weights from the images and the gradient of the outputs. */
const weightGradient = defineOperator<Window & { readonly kernel: readonly number[] }>({
  name: 'convWeightGradient',
  infer: ([x, dy], { groups, kernel }) => [
    { dtype: 'float32', shape: [dy!.size(1), x!.size(1) / groups, ...kernel] },
  ],
  // With few channels the products are narrow and the convolution wins (bench/README.md).
  lower: ([x, dy], attributes) => {
    const [filters, perGroup] = [dy!.size(1), x!.size(1) / attributes.groups];
    const axes = winogradAxes(x!.shape, [filters, perGroup, ...attributes.kernel], attributes);
    if (axes !== undefined) return [winogradWeightGradient(x!, dy!, axes)];
    return [
      attributes.groups === 1 && x!.size(1) >= 16
        ? productPerTap(x!, dy!, attributes)
        : convolveWithGradient(x!, dy!, attributes),
    ];
  },
});

/**
 * The weight gradient as one matrix product for each entry of the kernel, of the gradient with the part of the padded
 * images that this entry saw: [F, OH·OW·B] · [C, OH·OW·B]ᵀ. No product is of zeros alone, and the sums over the whole
 * batch are long enough for the product to run at full speed.
 */
function productPerTap(x: Value, dy: Value, window: Window & { readonly kernel: readonly number[] }): Value {
  const [batch, filters, outHeight, outWidth] = dy.dims as [number, number, number, number];
  const [kernelHeight, kernelWidth] = window.kernel as [number, number];
  const channels = x.size(1);
  const gradient = reshape(transpose(dy, [1, 2, 3, 0]), [filters, outHeight * outWidth * batch]);
  const products = seenByTaps(x, window, [outHeight, outWidth]).map((seen) =>
    reshape(matMul(gradient, seen, { transposeB: true }), [1, filters, channels]),
  );
  const stacked = reshape(concat(products, 0), [kernelHeight, kernelWidth, filters, channels]);
  return transpose(stacked, [2, 3, 0, 1]); // [F, C, kh, kw]
}

/**
 * The weight gradient as one convolution: channels become the batch, the batch becomes the channels, and the
 * gradient is the kernel. The forward stride is its dilation and the forward dilation its stride.
 */
function convolveWithGradient(
  x: Value,
  dy: Value,
  { strides, pads, dilations, groups, kernel }: Window & { readonly kernel: readonly number[] },
): Value {
  const [batch, channels, height, width] = x.dims as [number, number, number, number];
  const [, filters, outHeight, outWidth] = dy.dims as [number, number, number, number];
  const [perGroup, filtersPerGroup] = [channels / groups, filters / groups];

  const grouped = reshape(x, [batch, groups, perGroup, height, width]); // [B, G, C/G, H, W]
  const images = reshape(transpose(grouped, [2, 1, 0, 3, 4]), [perGroup, groups * batch, height, width]); // [C/G, G·B, H, W]
  const gradient = reshape(dy, [batch, groups, filtersPerGroup, outHeight, outWidth]); // [B, G, F/G, OH, OW]
  const kernels = reshape(transpose(gradient, [1, 2, 0, 3, 4]), [filters, batch, outHeight, outWidth]); // [F, B, OH, OW]
  const result = nativeConv([images, kernels], {
    strides: dilations,
    pads,
    dilations: strides,
    groups,
  })[0]!; // [C/G, F, ≥kh, ≥kw]
  const trimmed = slice(slice(result, 2, 0, kernel[0]!), 3, 0, kernel[1]!);
  return transpose(trimmed, [1, 0, 2, 3]); // [F, C/G, kh, kw]
}

/** Zeros at [top, left, bottom, right] for windows of `kernel` over the spatial axes of x. */
export function resolvePadding(
  padding: NonNullable<ConvOptions['padding']>,
  x: Value,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): readonly number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') return padding;
  return samePads([x.size(2), x.size(3)], kernel, strides, dilations);
}

/** Zeros at [top, left, bottom, right] with which ⌈input / stride⌉ windows fit, the odd one at the bottom right. */
export function samePads(
  inputs: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[] = [1, 1],
): readonly number[] {
  const total = inputs.map((input, axis) => {
    const extent = (kernel[axis]! - 1) * dilations[axis]! + 1;
    return Math.max(0, (Math.ceil(input / strides[axis]!) - 1) * strides[axis]! + extent - input);
  });
  const before = total.map((zeros) => Math.floor(zeros / 2));
  return [...before, ...total.map((zeros, axis) => zeros - before[axis]!)];
}

/** Spatial size of what windows over [batch, channels, height, width] give. */
export function windowOutput(
  operator: string,
  shape: Shape,
  kernel: readonly number[],
  { strides, pads, dilations }: Pick<Window, 'strides' | 'pads' | 'dilations'>,
): readonly Dim[] {
  return [0, 1].map((axis) => {
    const input = shape[axis + 2];
    const extent = (kernel[axis]! - 1) * dilations[axis]! + 1;
    const padded = typeof input === 'number' ? input + pads[axis]! + pads[axis + 2]! : Number.NaN;
    const output = Math.floor((padded - extent) / strides[axis]!) + 1;
    if (output >= 1) return output;
    throw shapeMismatch(operator, `at least ${extent} rows and columns in a window`, shape);
  });
}
