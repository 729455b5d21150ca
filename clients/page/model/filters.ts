import { floatInitialisers } from '../../../onnx/initialisers.js';
import type { ModelProto } from '../../../third_party/onnx/onnx_pb.js';
import { drawTiles } from './tiles.js';

/** The filters of the convolution that looks at the picture. */
export interface Filters {
  /** Of the tensor: `conv1/weights` */
  readonly name: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** float32 [count, 3, height, width] */
  readonly weights: Float32Array;
}

/** Undefined where the first convolution does not look at three colours. */
export function firstFilters(model: ModelProto): Filters | undefined {
  const nodes = model.graph?.node ?? [];
  const convolution = nodes.find(({ opType }) => opType === 'Conv');
  const weights = convolution?.input[1] ?? '';
  // In a file of fp16 the weights stand before a Cast.
  const name =
    nodes.find(({ opType, output }) => opType === 'Cast' && output[0] === weights)?.input[0] ?? weights;
  const found = floatInitialisers(model).get(name);
  if (found === undefined || found.dims.length !== 4 || found.dims[1] !== 3) return undefined;
  const [count = 0, , height = 0, width = 0] = found.dims;
  return { name, count, height, width, weights: found.data };
}

/** Filters in a row of the drawing. */
const columns = 16;

/**
 * Draws each filter as a picture of its own, a pixel a weight. Each is scaled by its largest
 * weight, so that zero is the middle grey of all of them.
 */
export function drawFilters(canvas: HTMLCanvasElement, { count, height, width, weights }: Filters): void {
  const area = height * width;
  drawTiles(canvas, { count, across: columns, height, width }, (pixels, filter) => {
    const own = weights.subarray(filter * 3 * area, (filter + 1) * 3 * area); // [3, height, width]
    const largest = own.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) || 1;
    for (let at = 0; at < area; at += 1)
      for (let colour = 0; colour < 3; colour += 1)
        pixels[4 * at + colour] = 127.5 * (1 + own[colour * area + at]! / largest);
  });
}
