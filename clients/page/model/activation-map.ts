import { drawTiles } from './tiles.js';

/** Which values are shown with the same brightness: those of one map, or those of a whole layer. */
export type Scaling = 'map' | 'layer';

/** What a layer gives for a picture, as maps. */
export interface Maps {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** float32 [channels, height, width] */
  readonly values: Float32Array;
}

/** The channels of [channels, height, width]; undefined for what has no height and width, or one pixel of them. */
export function mapsOf(dims: readonly number[], values: Float32Array): Maps | undefined {
  const [channels = 0, height = 1, width = 1] = dims;
  if (dims.length !== 3 || height * width === 1) return undefined;
  return { channels, height, width, values };
}

const largestOf = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * Maps as grey pixels. Where a layer gives no negative values 0 is black and the largest value white; else 0 is the
 * middle grey, black and white are as far from it as the value of the largest magnitude.
 *
 * @param count maps from the first on
 * @returns uint8 [count, height, width]
 */
export function greyPixels(
  { height, width, values }: Maps,
  count: number,
  scaling: Scaling,
): Uint8ClampedArray {
  const area = height * width;
  const grey = new Uint8ClampedArray(count * area);
  const signed = values.some((value) => value < 0);
  const ofLayer = largestOf(values);
  for (let channel = 0; channel < count; channel += 1) {
    const own = values.subarray(channel * area, (channel + 1) * area);
    const largest = (scaling === 'layer' ? ofLayer : largestOf(own)) || 1;
    for (let at = 0; at < area; at += 1) {
      const value = own[at]! / largest;
      grey[channel * area + at] = signed ? 127.5 * (1 + value) : 255 * value;
    }
  }
  return grey;
}

/** Draws the first `count` maps in rows of `across`, a pixel a value. */
export function drawMaps(
  canvas: HTMLCanvasElement,
  maps: Maps,
  { count, across, scaling }: { readonly count: number; readonly across: number; readonly scaling: Scaling },
): void {
  const { height, width } = maps;
  const grey = greyPixels(maps, count, scaling);
  const area = height * width;
  drawTiles(canvas, { count, across, height, width }, (pixels, channel) => {
    for (let at = 0; at < area; at += 1) pixels.fill(grey[channel * area + at]!, 4 * at, 4 * at + 3);
  });
}
