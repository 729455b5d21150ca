import { uniform } from './random.js';

/** Steps that choose which pixels are seen, and from which side. They stand first in a list. */
export type GeometricStep =
  | {
      readonly kind: 'random-crop';
      readonly height: number;
      readonly width: number;
      /** At most so many pixels from the centre, down or across. Default: anywhere. */
      readonly reach?: number;
    }
  | { readonly kind: 'centre-crop'; readonly height: number; readonly width: number }
  /** Grows by so many pixels at each edge, which mirror what lies behind it; the edge itself is not repeated. */
  | { readonly kind: 'reflect-pad'; readonly by: number }
  /** Left and right exchanged for half of the examples, drawn anew each epoch. */
  | { readonly kind: 'random-flip' }
  /**
   * Left and right exchanged for a random half in epoch 0, and for the other half in the next epoch, in turns
   * (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv 2404.00498).
   */
  | { readonly kind: 'alternating-flip' };

/** Steps that change values. They are not clipped to 0 … 255 in between. */
export type ValueStep =
  /** Adds one number, uniform in [−maxDelta, maxDelta), to all values. */
  | { readonly kind: 'random-brightness'; readonly maxDelta: number }
  /** Multiplies each channel's distance from its mean by one number, uniform in [lower, upper). */
  | { readonly kind: 'random-contrast'; readonly lower: number; readonly upper: number }
  /** Sets a random square inside the picture to each channel's mean. */
  | { readonly kind: 'cutout'; readonly size: number }
  /** (x − mean) / max(σ, 1/√n) over all n values of the picture. */
  | { readonly kind: 'standardise' }
  /** (x / 255 − mean) / std with one mean and one std for each channel. */
  | { readonly kind: 'normalise'; readonly mean: readonly number[]; readonly std: readonly number[] };

/** One step of what happens to a picture. */
export type Distortion = GeometricStep | ValueStep;

/** What happens to a picture on its way to the network, in this order: geometry first, then values. */
export type Distortions = readonly Distortion[];

/** The TensorFlow tutorial's training input (models/tutorials/image/cifar10/cifar10_input.py). */
export const tutorialDistortions: Distortions = [
  { kind: 'random-crop', height: 24, width: 24 },
  { kind: 'random-flip' },
  { kind: 'random-brightness', maxDelta: 63 },
  { kind: 'random-contrast', lower: 0.2, upper: 1.8 },
  { kind: 'standardise' },
];

/** What evaluation sees, and what is built into an exported file: nothing random. */
export const plainDistortions: Distortions = [
  { kind: 'centre-crop', height: 24, width: 24 },
  { kind: 'standardise' },
];

/** All that a random draw depends on, beside the step's place in the list. */
export interface ExampleKey {
  readonly seed: number;
  readonly epoch: number;
  /** The example's index within its split. */
  readonly example: number;
}

export interface Distorter {
  /** Size of a distorted picture: float32 [3, height, width]. */
  readonly height: number;
  readonly width: number;
  /**
   * Distorts one picture: a pure function of the picture and the key.
   *
   * @param pixels uint8, [height, width, 3] of the source, RGB
   * @param key names the example and the epoch
   * @param slot float32, [3, height, width] of the result; every value is written
   */
  distort(pixels: Uint8Array, key: ExampleKey, slot: Float32Array): void;
}

/** The part of a picture that is seen; where it reaches over an edge, the picture is mirrored there. */
interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly mirrored: boolean;
}

/**
 * Checks a list of distortions against the pictures it will see.
 *
 * @throws RangeError for a crop or a square larger than what it is taken from, or geometry after values
 */
export function createDistorter(
  distortions: Distortions,
  source: { readonly height: number; readonly width: number },
): Distorter {
  const { height, width } = sizeAfter(distortions, source);
  const whole: Window = { top: 0, left: 0, height: source.height, width: source.width, mirrored: false };
  return {
    height,
    width,
    distort(pixels, key, slot) {
      let window = whole;
      for (const [place, step] of distortions.entries()) {
        if (isGeometric(step)) window = narrow(window, step, key, place);
      }
      copyWindow(pixels, source.width, window, slot);
      for (const [place, step] of distortions.entries()) {
        if (!isGeometric(step)) change(slot, width, step, key, place);
      }
    },
  };
}

function isGeometric(step: Distortion): step is GeometricStep {
  return step.kind.endsWith('-crop') || step.kind.endsWith('-flip') || step.kind === 'reflect-pad';
}

function sizeAfter(
  distortions: Distortions,
  source: { readonly height: number; readonly width: number },
): { height: number; width: number } {
  let { height, width } = source;
  let valuesSeen = false;
  for (const step of distortions) {
    if (isGeometric(step) && valuesSeen) {
      throw new RangeError(`${step.kind} must stand before the distortions that change values`);
    }
    valuesSeen ||= !isGeometric(step);
    const needed =
      'height' in step ? step : step.kind === 'cutout' ? { height: step.size, width: step.size } : undefined;
    if (needed && !(needed.height <= height && needed.width <= width)) {
      throw new RangeError(
        `${step.kind} needs at most ${height}×${width}, got: ${needed.height}×${needed.width}`,
      );
    }
    if ('height' in step) ({ height, width } = step);
    if (step.kind === 'reflect-pad') {
      if (step.by >= Math.min(height, width)) {
        throw new RangeError(
          `reflect-pad needs more than ${step.by} rows and columns, got: ${height}×${width}`,
        );
      }
      height += 2 * step.by;
      width += 2 * step.by;
    }
  }
  return { height, width };
}

/** A number in [0, 1); `place` is the step's in the list, `which` tells several draws of one step apart. */
function draw(key: ExampleKey, place: number, which: 0 | 1): number {
  return uniform(key.seed, key.epoch, key.example, 2 * place + which);
}

function narrow(window: Window, step: GeometricStep, key: ExampleKey, place: number): Window {
  switch (step.kind) {
    case 'random-crop': {
      const down = cropStart(window.height - step.height, step.reach, draw(key, place, 0));
      const right = cropStart(window.width - step.width, step.reach, draw(key, place, 1));
      return crop(window, down, right, step);
    }
    case 'centre-crop': {
      const down = centre(window.height - step.height);
      const right = centre(window.width - step.width);
      return crop(window, down, right, step);
    }
    case 'reflect-pad': {
      const { top, left, height, width } = window;
      const size = { height: height + 2 * step.by, width: width + 2 * step.by };
      return { ...window, top: top - step.by, left: left - step.by, ...size };
    }
    case 'random-flip':
      return draw(key, place, 0) < 0.5 ? { ...window, mirrored: !window.mirrored } : window;
    case 'alternating-flip': {
      const first = draw({ ...key, epoch: 0 }, place, 0) < 0.5;
      const flipped = key.epoch % 2 === 0 ? first : !first;
      return flipped ? { ...window, mirrored: !window.mirrored } : window;
    }
  }
}

/** Where a random crop begins that leaves out `spare` rows or columns; `number` is in [0, 1). */
function cropStart(spare: number, reach: number | undefined, number: number): number {
  const nearest = reach === undefined ? 0 : Math.max(0, centre(spare) - reach);
  const furthest = reach === undefined ? spare : Math.min(spare, centre(spare) + reach);
  return nearest + Math.floor(number * (furthest - nearest + 1));
}

function centre(spare: number): number {
  return Math.floor(spare / 2);
}

/** `right` counts from the left edge as it is seen, which in a mirrored window is the source's right one. */
function crop(window: Window, down: number, right: number, size: { height: number; width: number }): Window {
  const fromLeft = window.mirrored ? window.width - size.width - right : right;
  return {
    top: window.top + down,
    left: window.left + fromLeft,
    height: size.height,
    width: size.width,
    mirrored: window.mirrored,
  };
}

/** uint8 [height, width, 3] → float32 [3, window.height, window.width] */
function copyWindow(pixels: Uint8Array, sourceWidth: number, window: Window, slot: Float32Array): void {
  const plane = window.height * window.width;
  const sourceHeight = pixels.length / (3 * sourceWidth);
  const step = window.mirrored ? -1 : 1;
  const firstColumn = window.mirrored ? window.left + window.width - 1 : window.left;
  let to = 0;
  for (let row = window.top; row < window.top + window.height; row++) {
    const start = reflected(row, sourceHeight) * sourceWidth;
    let column = firstColumn;
    for (const end = to + window.width; to < end; to++) {
      const from = (start + reflected(column, sourceWidth)) * 3;
      slot[to] = pixels[from]!;
      slot[to + plane] = pixels[from + 1]!;
      slot[to + 2 * plane] = pixels[from + 2]!;
      column += step;
    }
  }
}

/** An index beyond an axis of `size` elements, mirrored at its ends: −1 is 1, and `size` is size − 2. */
export function reflected(index: number, size: number): number {
  if (index < 0) return -index;
  return index < size ? index : 2 * (size - 1) - index;
}

function change(slot: Float32Array, width: number, step: ValueStep, key: ExampleKey, place: number): void {
  switch (step.kind) {
    case 'random-brightness': {
      const delta = (2 * draw(key, place, 0) - 1) * step.maxDelta;
      for (let i = 0; i < slot.length; i++) slot[i]! += delta;
      return;
    }
    case 'random-contrast': {
      const factor = step.lower + draw(key, place, 0) * (step.upper - step.lower);
      for (const plane of planes(slot)) {
        const mean = meanOf(plane);
        for (let i = 0; i < plane.length; i++) plane[i] = (plane[i]! - mean) * factor + mean;
      }
      return;
    }
    case 'cutout': {
      const height = slot.length / (3 * width);
      const top = Math.floor(draw(key, place, 0) * (height - step.size + 1));
      const left = Math.floor(draw(key, place, 1) * (width - step.size + 1));
      for (const plane of planes(slot)) {
        const mean = meanOf(plane);
        for (let row = top; row < top + step.size; row++) {
          plane.fill(mean, row * width + left, row * width + left + step.size);
        }
      }
      return;
    }
    case 'standardise':
      standardise(slot);
      return;
    case 'normalise':
      for (const [channel, plane] of planes(slot).entries()) {
        const centre = 255 * step.mean[channel]!;
        const scale = 1 / (255 * step.std[channel]!);
        for (let i = 0; i < plane.length; i++) plane[i] = (plane[i]! - centre) * scale;
      }
  }
}

/** The three colour planes of a picture, as views. */
function planes(slot: Float32Array): Float32Array[] {
  const size = slot.length / 3;
  return [0, 1, 2].map((c) => slot.subarray(c * size, (c + 1) * size));
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** tf.image.per_image_standardization, in place; sums are float64. A picture of one colour becomes all zero. */
function standardise(values: Float32Array): void {
  const mean = meanOf(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / values.length);
  const scale = 1 / Math.max(deviation, 1 / Math.sqrt(values.length));
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) * scale;
}
