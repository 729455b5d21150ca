import type { Graph, Value } from '../graph.js';
import { defineOperator, type None } from '../operator.js';
import { knownPlacesFirst, placesFirst, placesLast } from '../places-first.js';
import { shapeMismatch, sizeOf } from '../shape.js';
import type { Shape } from '../types.js';
import { type ConvOptions, resolvePadding, windowOutput } from './convolution.js';
import { cast, equal, maximum, mul, sub } from './elementwise.js';
import { concat, everyNth, expand, pad, reshape } from './layout.js';
import { matMul } from './matmul.js';

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
const gradientName = 'maxPoolGradient';

const pool = defineOperator<Pool>({
  name: 'maxPool',
  infer: ([x], attributes) => [{ dtype: 'float32', shape: pooledShape(x!, attributes) }],
  gradient: ({ inputs: [x], attributes }, dy) => [(): Value => poolGradient([x!, dy], attributes)[0]!],
  lower: ([x], attributes) => [
    tilesPlacesFirst(x!, attributes)
      ? seenInWindows(x!, attributes).reduce((a, b) => maximum(a, b))
      : nativePool([x!], attributes)[0]!,
  ],
});

/** The maxima, and where each of them stood, which is written to the file only where it is used. */
const nativePool = defineOperator<Pool>({
  name: 'maxPool',
  infer: ([x], attributes) => {
    const shape = pooledShape(x!, attributes);
    return [
      { dtype: 'float32', shape },
      { dtype: 'int64', shape },
    ];
  },
  onnx: ({ kernel, strides, pads }) => ({
    type: 'MaxPool',
    ints: { kernel_shape: kernel, strides, pads, dilations: noDilation, ceil_mode: 0, storage_order: 0 },
  }),
});

function pooledShape(x: Value, { kernel, strides, pads }: Pool): Shape {
  if (x.rank !== 4) throw shapeMismatch('maxPool', 'images of rank 4', x.shape);
  const spatial = windowOutput('maxPool', x.shape, kernel, { strides, pads, dilations: noDilation });
  return [...x.shape.slice(0, 2), ...spatial];
}

/**
 * Sends each gradient to the first largest element of its window, as PyTorch does; overlapping windows add up. Every
 * lowering holds to that where elements are equally large.
 */
const poolGradient = defineOperator<Pool>({
  name: gradientName,
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  lower: ([x, dy], attributes): readonly Value[] => {
    if (tilesPlacesFirst(x!, attributes)) return [giveToFirst(x!, dy!, attributes)];
    return [
      tiles(x!, attributes) ? compareWithMaxima(x!, dy!, attributes) : scatterByIndices(x!, dy!, attributes),
    ];
  },
});

/**
 * The gradient `dx` of a max pool of x, with `change` applied to the maxima and their gradients instead of to x and to
 * dx; undefined where dx is something else.
 */
export function withPooledGradient(
  dx: Value,
  x: Value,
  change: (maxima: Value, gradient: Value) => Value,
): Value | undefined {
  if (dx.source.kind !== 'node' || dx.source.node.operator !== gradientName) return undefined;
  const [pooled, gradient] = dx.source.node.inputs;
  if (pooled !== x) return undefined;
  const attributes = dx.source.node.attributes as Pool;
  return poolGradient([x, change(pool([x], attributes)[0]!, gradient!)], attributes)[0]!;
}

/** Windows side by side without padding, of rows so short that the product of compareWithMaxima is cheap. */
function tiles(x: Value, attributes: Pool): boolean {
  return areSideBySide(attributes) && attributes.kernel[0]! * x.size(3) <= 64;
}

function areSideBySide({ kernel, strides, pads }: Pool): boolean {
  return kernel.every((size, axis) => size === strides[axis]) && pads.every((count) => count === 0);
}

/** Windows side by side over images whose places are the outer axes: there each element of a window is cut in long rows. */
function tilesPlacesFirst(x: Value, attributes: Pool): boolean {
  return knownPlacesFirst(x) !== undefined && areSideBySide(attributes);
}

/** The first element of every window, the second, and so on: kh·kw × [B, C, OH, OW]. */
function seenInWindows(x: Value, { kernel, strides }: Pool): readonly Value[] {
  const counts = kernel.map((size, axis) => Math.floor(x.size(2 + axis) / size));
  return Array.from({ length: sizeOf(kernel) }, (_, index) => {
    const first = [Math.floor(index / kernel[1]!), index % kernel[1]!];
    return everyNth(x, [2, 3], first, counts, strides);
  });
}

/** With places first: each element of a window in turn takes the gradient if it is the maximum and none before it was. */
function giveToFirst(x: Value, dy: Value, attributes: Pool): Value {
  const [kernelHeight, kernelWidth] = attributes.kernel as [number, number];
  const maxima = pool([x], attributes)[0]!;
  let left = dy;
  const given = seenInWindows(x, attributes).map((seen) => {
    const taken = mul(left, cast(equal(seen, maxima), 'float32'));
    left = sub(left, taken);
    return taken;
  });
  const [outHeight, outWidth, batch, channels] = placesFirst(maxima).dims as [number, number, number, number];
  const inner = batch * channels;
  const rows = Array.from({ length: kernelHeight }, (_, row) => {
    const parts = given.slice(row * kernelWidth, (row + 1) * kernelWidth).map(placesFirst); // [OH, OW, B, C]
    const side = parts.map((part) => reshape(part, [outHeight, outWidth, 1, inner]));
    return reshape(concat(side, 2), [outHeight, 1, outWidth * kernelWidth, inner]);
  });
  const used = reshape(concat(rows, 1), [outHeight * kernelHeight, outWidth * kernelWidth, batch, channels]);
  const [height, width] = [x.size(2) - used.size(0), x.size(3) - used.size(1)];
  return placesLast(pad(used, [0, 0, 0, 0], [height, width, 0, 0]));
}

/**
 * For windows side by side: each element is compared with its window's maximum, the gradient goes where they are
 * equal. Needs no positions of the maxima, which MaxPool takes four times as long to write (bench/README.md).
 */
function compareWithMaxima(x: Value, dy: Value, attributes: Pool): Value {
  const [kernelHeight, kernelWidth] = attributes.kernel as [number, number];
  const [, , height, width] = x.dims as [number, number, number, number];
  const [batch, channels, outHeight, outWidth] = dy.dims as [number, number, number, number];
  const [usedHeight, usedWidth] = [outHeight * kernelHeight, outWidth * kernelWidth];
  const used = everyNth(x, [2, 3], [0, 0], [usedHeight, usedWidth], [1, 1]);
  const maxima = pool([x], attributes)[0]!;
  const largest = cast(equal(used, enlarged(maxima, attributes.kernel)), 'float32');

  // One row holds a row of windows.
  const rows = reshape(largest, [batch * channels * outHeight, kernelHeight * usedWidth]);
  const first = positivePart(
    [matMul(rows, lessEarlier(x.graph, kernelHeight, kernelWidth, usedWidth))],
    {},
  )[0]!;
  const gradient = mul(reshape(first, used.shape), enlarged(dy, attributes.kernel));
  return pad(gradient, [0, 0, 0, 0], [0, 0, height - usedHeight, width - usedWidth]);
}

/** max(x, 0), which ONNX Runtime joins to the product before it. */
const positivePart = defineOperator<None>({
  name: 'positivePart',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  onnx: () => ({ type: 'Relu' }),
});

/**
 * A matrix that takes from each 0 or 1 of a row of windows the sum of those before it in its window: what is left is
 * 1 for the first 1 of a window and 0 or less for everything else.
 */
function lessEarlier(graph: Graph, kernelHeight: number, kernelWidth: number, width: number): Value {
  const size = kernelHeight * width;
  const window = (index: number) => Math.floor((index % width) / kernelWidth);
  const data = Float32Array.from({ length: size * size }, (_, entry) => {
    const [from, to] = [Math.floor(entry / size), entry % size];
    // Within one window the order of rows and columns is that of the indices.
    return from === to ? 1 : from < to && window(from) === window(to) ? -1 : 0;
  });
  return graph.constant('float32', [size, size], data, 'lessEarlier');
}

/** Each element of [batch, channels, height, width] as often as a window has elements, in the window's place. */
function enlarged(x: Value, kernel: readonly number[]): Value {
  const noRegion = x.graph.constant('float32', [0], new Float32Array(), 'noRegion');
  const scales = x.graph.constant('float32', [4], Float32Array.of(1, 1, ...kernel), 'scales');
  return resize([x, noRegion, scales], { kernel })[0]!;
}

const resize = defineOperator<{ readonly kernel: readonly number[] }>({
  name: 'resize',
  infer: ([x], { kernel }) => [
    { dtype: 'float32', shape: [...x!.shape.slice(0, 2), x!.size(2) * kernel[0]!, x!.size(3) * kernel[1]!] },
  ],
  onnx: () => ({
    type: 'Resize',
    strings: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  }),
});

/** For any windows: the forward pass writes where each maximum stood. */
function scatterByIndices(x: Value, dy: Value, attributes: Pool): Value {
  const indices = nativePool([x], attributes)[1]!;
  const flat = (value: Value) => reshape(value, [sizeOf(value.dims)]);
  const zeros = expand(reshape(x.graph.scalar(0), [1]), [sizeOf(x.dims)]);
  return reshape(scatterAdd([zeros, flat(indices), flat(dy)], {})[0]!, x.shape);
}

/** data[indices[i]] += updates[i] */
const scatterAdd = defineOperator<Readonly<Record<string, never>>>({
  name: 'scatterAdd',
  infer: ([data]) => [{ dtype: data!.dtype, shape: data!.shape }],
  onnx: () => ({ type: 'ScatterElements', ints: { axis: 0 }, strings: { reduction: 'add' } }),
});
