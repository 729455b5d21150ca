import { roundToEven } from '../../onnx/rounding.js';
import { sizeOf } from '../../onnx/shape.js';

/** The values that an activation takes; 0 is always among them. */
export interface Range {
  /** At most 0. */
  readonly low: number;
  /** At least 0. */
  readonly high: number;
}

/** real = scale · (integer − zeroPoint), for integers 0 … 255. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

const largestInteger = 255;

/**
 * The uint8 grid over a range. Zero is one of its points, because zeros are exact and frequent: padding, and whatever a
 * ReLU has cut off.
 */
export function affine({ low, high }: Range): Affine {
  const scale = Math.fround((high - low) / largestInteger) || 1;
  return { scale, zeroPoint: Math.round((0 - low) / scale) };
}

/** Integers q in −largest … largest with weight ≈ q · scale of its channel. */
export interface ChannelWise {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

interface ChannelOptions {
  readonly dims: readonly number[];
  /** The axis of `dims` that counts the channels; undefined: all weights are one channel. */
  readonly axis: number | undefined;
  /** No integer is larger in magnitude. */
  readonly largest: number;
  /** Of each channel; 0 where any scale will do. */
  readonly leastScale: (channel: number) => number;
}

/** Weights as integers, symmetric around zero, with the finest scale that each channel allows. */
export function quantiseChannels(
  weights: Float32Array,
  { dims, axis, largest, leastScale }: ChannelOptions,
): ChannelWise {
  const channels = axis === undefined ? 1 : dims[axis]!;
  const inner = axis === undefined ? weights.length : sizeOf(dims.slice(axis + 1));
  const channelOf = (index: number) => Math.floor(index / inner) % channels;
  const extent = new Float32Array(channels);
  for (const [index, weight] of weights.entries()) {
    const channel = channelOf(index);
    extent[channel] = Math.max(extent[channel]!, Math.abs(weight));
  }
  const scales = extent.map((most, channel) => Math.max(most / largest, leastScale(channel)) || 1);
  const values = Int8Array.from(weights, (weight, index) => roundToEven(weight / scales[channelOf(index)]!));
  return { values, scales };
}
