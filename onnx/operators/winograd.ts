import type { Value } from '../graph.js';
import { placesFirst, placesLast } from '../places-first.js';
import { sizeOf } from '../shape.js';
import type { Shape } from '../types.js';
import type { Window } from './convolution.js';
import { reshape, rotate, transpose } from './layout.js';
import { broadcastMatMul, matMul } from './matmul.js';
import { reduceSum } from './reduction.js';
import { isWithinReach, type Matrix, type WinogradAxis, winogradAxis } from './winograd-axis.js';

/** Vertical and horizontal. */
export type WinogradAxes = readonly [rows: WinogradAxis, columns: WinogradAxis];

/**
 * How a convolution is done by fewer multiplications (winograd-axis.ts), where that is faster on a CPU: stride 1, a batch
 * of known size, channels enough on either side, and a sixth of the multiplications saved (bench/README.md).
 *
 * @param images [B, C, H, W]
 * @param weights [F, C, kh, kw]
 */
export function winogradAxes(
  [batch, channels, height, width]: Shape,
  [filters, , kernelHeight, kernelWidth]: readonly number[],
  { strides, pads, dilations, groups }: Window,
): WinogradAxes | undefined {
  if (typeof batch !== 'number' || typeof height !== 'number' || typeof width !== 'number') return undefined;
  const plain = [...strides, ...dilations, groups].every((one) => one === 1);
  const [depth, taps] = [[Number(channels), filters!] as const, [kernelHeight!, kernelWidth!]];
  if (!plain || batch < 16 || Math.min(...depth) < 16 || !taps.every(isWithinReach)) return undefined;
  const [rows, columns] = [height, width].map((inputs, axis) =>
    winogradAxis({ inputs, taps: taps[axis]!, before: pads[axis]!, after: pads[axis + 2]! }),
  ) as [WinogradAxis, WinogradAxis];
  const ordinary = sizeOf([rows.outputs.rows, columns.outputs.rows, ...taps, ...depth]);
  return multiplications([rows, columns], depth) < 0.85 * ordinary ? [rows, columns] : undefined;
}

/** For one picture, those of the transformations counted in: they grow with the square of a map's side. */
function multiplications(
  [rows, columns]: WinogradAxes,
  [channels, filters]: readonly [number, number],
): number {
  const along = (vertical: Matrix, horizontal: Matrix) =>
    vertical.rows * horizontal.columns * (vertical.columns + horizontal.rows);
  const products = rows.images.rows * columns.images.rows * channels * filters;
  return (
    channels * along(rows.images, columns.images) + products + filters * along(rows.outputs, columns.outputs)
  );
}

// Everything below is products of matrices: of those along the two axes with the images, whose places are the outer axes
// then, and at each point of each tile of the batch with the weights. n and t are an axis' points and tiles.

/** [B, C, H, W] and [F, C, kh, kw] → [B, F, OH, OW] */
export function winogradConv(x: Value, w: Value, [rows, columns]: WinogradAxes): Value {
  const weights = turned(weightsAtPoints(w, rows, columns)); // [n, 1, n, 1, C, F]
  const products = broadcastMatMul(imagesAtPoints(x, rows, columns), weights); // [n, t, n, t, B, F]
  return placesLast(along(products, rows.outputs, columns.outputs));
}

/** ∂loss/∂images: what the forward pass does, transposed. [F, C, kh, kw] and [B, F, OH, OW] → [B, C, H, W] */
export function winogradInputGradient(w: Value, dy: Value, [rows, columns]: WinogradAxes): Value {
  const weights = weightsAtPoints(w, rows, columns);
  const products = broadcastMatMul(gradientAtPoints(dy, rows, columns), weights); // [n, t, n, t, B, C]
  return placesLast(along(products, rows.images, columns.images, 'back'));
}

/** ∂loss/∂weights. [B, C, H, W] and [B, F, OH, OW] → [F, C, kh, kw] */
export function winogradWeightGradient(x: Value, dy: Value, [rows, columns]: WinogradAxes): Value {
  const gradient = turned(gradientAtPoints(dy, rows, columns)); // [n, t, n, t, F, B]
  const products = broadcastMatMul(gradient, imagesAtPoints(x, rows, columns)); // [n, t, n, t, F, C]
  const isOneTile = rows.tiles * columns.tiles === 1;
  const sum = reshape(isOneTile ? products : reduceSum(products, [1, 3]), [
    rows.points,
    columns.points,
    dy.size(1),
    x.size(1),
  ]);
  return rotate(along(sum, rows.weights, columns.weights, 'back'), 2);
}

/** [B, C, H, W] → [n, t, n, t, B, C] */
function imagesAtPoints(x: Value, rows: WinogradAxis, columns: WinogradAxis): Value {
  return byPoint(along(placesFirst(x), rows.images, columns.images), rows, columns);
}

/** [B, F, OH, OW] → [n, t, n, t, B, F] */
function gradientAtPoints(dy: Value, rows: WinogradAxis, columns: WinogradAxis): Value {
  return byPoint(along(placesFirst(dy), rows.outputs, columns.outputs, 'back'), rows, columns);
}

/** [n·t, n·t, B, C] → [n, t, n, t, B, C] */
function byPoint(values: Value, rows: WinogradAxis, columns: WinogradAxis): Value {
  const places = [rows.points, rows.tiles, columns.points, columns.tiles];
  return reshape(values, [...places, ...values.dims.slice(2)]);
}

/** [F, C, kh, kw] → [n, 1, n, 1, F, C] */
function weightsAtPoints(w: Value, rows: WinogradAxis, columns: WinogradAxis): Value {
  const values = along(rotate(w, 2), rows.weights, columns.weights); // [n, n, F, C]
  return reshape(values, [rows.points, 1, columns.points, 1, ...values.dims.slice(2)]);
}

/** The matrices of the last two axes transposed, which ONNX Runtime does within a product. */
function turned(x: Value): Value {
  return transpose(x, [0, 1, 2, 3, 5, 4]);
}

/**
 * Along the rows by one matrix, along the columns by another, or `back` by their transposes:
 * [H, W, a, b] (or [n, t, n, t, a, b]) → [H′, W′, a, b]
 */
function along(x: Value, rows: Matrix, columns: Matrix, direction: 'forth' | 'back' = 'forth'): Value {
  const back = direction === 'back';
  const [height, newHeight] = back ? [rows.rows, rows.columns] : [rows.columns, rows.rows];
  const [width, newWidth] = back ? [columns.rows, columns.columns] : [columns.columns, columns.rows];
  const inner = x.dims.slice(-2);
  const size = sizeOf(inner);
  const placed = reshape(x, [height, width * size]);
  const wide = matMul(constantOf(x, rows), placed, { transposeA: back }); // [H′, W·a·b]
  const matrix = back ? transpose(constantOf(x, columns), [1, 0]) : constantOf(x, columns);
  const tall = broadcastMatMul(matrix, reshape(wide, [newHeight, width, size])); // [H′, W′, a·b]
  return reshape(tall, [newHeight, newWidth, ...inner]);
}

function constantOf({ graph }: Value, { rows, columns, data }: Matrix): Value {
  return graph.constant('float32', [rows, columns], data, 'winograd');
}
