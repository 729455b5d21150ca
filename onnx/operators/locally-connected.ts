import type { Value } from '../graph.js';
import { formatShape, shapeMismatch } from '../shape.js';
import { resolvePadding } from './convolution.js';
import { add } from './elementwise.js';
import { concat, pad, reshape, slice, transpose } from './layout.js';
import { batchedMatMul } from './matmul.js';

/** The filters' size; what is left out: padding `valid`, no bias. */
export interface LocallyConnectedOptions {
  readonly kernel: readonly [height: number, width: number];
  readonly padding?: 'same' | 'valid';
  /** [filters, out height, out width] */
  readonly bias?: Value;
}

/**
 * A convolution whose weights are not shared: each place of the picture has filters of its own (LeCun 1989; the
 * `local` layer of cuda-convnet). Stride 1.
 *
 * @param x [batch, channels, height, width]
 * @param weights [out height · out width, kernel height · kernel width · channels, filters]; a row of a filter stands
 *   in the order kernel row, kernel column, channel
 * @returns [batch, filters, out height, out width]
 */
export function locallyConnected(x: Value, weights: Value, options: LocallyConnectedOptions): Value {
  const { kernel, padding = 'valid', bias } = options;
  const [top, left, bottom, right] = resolvePadding(padding, x, kernel, [1, 1], [1, 1]);
  const padded = pad(x, [0, 0, top!, left!], [0, 0, bottom!, right!]);
  const outHeight = padded.size(2) - kernel[0] + 1;
  const outWidth = padded.size(3) - kernel[1] + 1;
  const [places, window] = [outHeight * outWidth, kernel[0] * kernel[1] * x.size(1)];
  if (weights.rank !== 3 || weights.size(0) !== places || weights.size(1) !== window) {
    const expected = `weights ${formatShape([places, window, 'filters'])}`;
    throw shapeMismatch('locallyConnected', expected, x.shape, weights.shape);
  }
  const filters = weights.size(2);
  const batch = x.shape[0]!;

  const moved = Array.from({ length: kernel[0] * kernel[1] }, (_, index) => {
    const [row, column] = [Math.floor(index / kernel[1]), index % kernel[1]];
    return slice(slice(padded, 2, row, row + outHeight), 3, column, column + outWidth);
  }); // kh·kw × [B, C, OH, OW]
  const windows = transpose(concat(moved, 1), [2, 3, 0, 1]); // [OH, OW, B, kh·kw·C]
  const answers = batchedMatMul(reshape(windows, [places, batch, window]), weights); // [OH·OW, B, F]
  const y = transpose(reshape(answers, [outHeight, outWidth, batch, filters]), [2, 3, 0, 1]); // [B, F, OH, OW]
  return bias === undefined ? y : add(y, bias);
}
