import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KilnError } from '../../errors/errors.js';
import { type Pixels, toFrame } from '../../images/frame.js';

/** Deterministic noise in [0, 256), by a 32-bit LCG (Numerical Recipes). */
function noise(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function picture(
  height: number,
  width: number,
  alpha: 'opaque' | 'noisy',
  seed = height * 131 + width,
): Pixels {
  const data = noise(height * width * 4, seed);
  if (alpha === 'opaque') for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width, height, data };
}

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The frame blown up until it touches the picture's sides, to whole pixels. */
function centred(pixels: Pixels, height: number, width: number): Rectangle {
  const scale = Math.min(pixels.height / height, pixels.width / width);
  const [h, w] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  return { left: (pixels.width - w) >> 1, top: (pixels.height - h) >> 1, width: w, height: h };
}

/** How much of source sample `s` lies in target sample `t`, as a share of the target: real numbers, no taps. */
function share(s: number, t: number, source: number, target: number): number {
  if (source >= target) {
    const scale = source / target;
    return Math.max(0, Math.min(s + 1, (t + 1) * scale) - Math.max(s, t * scale)) / scale;
  }
  const centre = Math.min(Math.max(((t + 0.5) * source) / target - 0.5, 0), source - 1);
  return Math.max(0, 1 - Math.abs(s - centre));
}

/** float64 [height, width, 3]: every target pixel sums over every source pixel. */
function oracle(pixels: Pixels, height: number, width: number): Float64Array {
  const crop = centred(pixels, height, width);
  const out = new Float64Array(height * width * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let sy = 0; sy < crop.height; sy += 1) {
        for (let sx = 0; sx < crop.width; sx += 1) {
          const weight = share(sy, y, crop.height, height) * share(sx, x, crop.width, width);
          const at = ((crop.top + sy) * pixels.width + crop.left + sx) * 4;
          const opacity = pixels.data[at + 3]! / 255;
          for (let c = 0; c < 3; c += 1) {
            out[(y * width + x) * 3 + c]! += weight * (pixels.data[at + c]! * opacity + 255 * (1 - opacity));
          }
        }
      }
    }
  }
  return out;
}

function largestError(frame: Uint8Array, exact: Float64Array): number {
  return frame.reduce((worst, value, i) => Math.max(worst, Math.abs(value - exact[i]!)), 0);
}

/** What a rule without averaging would give: the control for the comparison below. */
function nearest(pixels: Pixels, height: number, width: number): Uint8Array {
  const crop = centred(pixels, height, width);
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3];
    const row = crop.top + Math.floor(((y + 0.5) * crop.height) / height);
    const column = crop.left + Math.floor(((x + 0.5) * crop.width) / width);
    return pixels.data[(row * pixels.width + column) * 4 + c]!;
  });
}

// Heights and widths of pictures: smaller, larger, integer and odd ratios, wide and tall, single rows.
const sizes = [
  [8, 8],
  [9, 8],
  [8, 11],
  [16, 16],
  [17, 23],
  [40, 9],
  [3, 3],
  [5, 4],
  [1, 1],
  [1, 30],
  [30, 1],
  [2, 50],
] as const;
const frames = [
  [8, 8],
  [6, 8],
  [12, 5],
  [1, 1],
] as const;

test('every size and opacity agrees with a sum over all pixels, to the rounding', () => {
  for (const [height, width] of sizes) {
    for (const [frameHeight, frameWidth] of frames) {
      for (const alpha of ['opaque', 'noisy'] as const) {
        const pixels = picture(height, width, alpha);
        const error = largestError(
          toFrame(pixels, frameHeight, frameWidth),
          oracle(pixels, frameHeight, frameWidth),
        );
        assert.ok(
          error <= 0.5 + 1e-9,
          `${height}×${width} → ${frameHeight}×${frameWidth} ${alpha}: ${error}`,
        );
      }
    }
  }
});

test('control: nearest neighbour and a crop that is one pixel off are caught', () => {
  const pixels = picture(17, 23, 'opaque');
  const exact = oracle(pixels, 8, 8);
  assert.ok(largestError(nearest(pixels, 8, 8), exact) > 20);
  const shifted = {
    ...pixels,
    data: Uint8Array.from([...pixels.data.subarray(4), ...pixels.data.subarray(0, 4)]),
  };
  assert.ok(largestError(toFrame(shifted, 8, 8), exact) > 5);
});

test('an opaque picture of the frame’s size comes back unchanged', () => {
  const pixels = picture(32, 32, 'opaque');
  const rgb = pixels.data.filter((_, i) => i % 4 !== 3);
  assert.deepEqual(toFrame(pixels, 32, 32), rgb);
});

test('halves are rounded up', () => {
  const pixels = { width: 2, height: 1, data: Uint8Array.of(0, 10, 254, 255, 1, 11, 255, 255) };
  assert.deepEqual(toFrame({ ...pixels, width: 2, height: 1 }, 1, 2), Uint8Array.of(0, 10, 254, 1, 11, 255));
  const square = { width: 2, height: 2, data: Uint8Array.of(...pixels.data, ...pixels.data) };
  assert.deepEqual(toFrame(square, 1, 1), Uint8Array.of(1, 11, 255)); // 0.5, 10.5, 254.5
});

test('what is transparent is white', () => {
  const pixels = { width: 1, height: 1, data: Uint8Array.of(10, 20, 30, 0) };
  assert.deepEqual(toFrame(pixels, 2, 2), new Uint8Array(12).fill(255));
});

test('pixels that do not fill the picture are refused', () => {
  assert.throws(
    () => toFrame({ width: 2, height: 2, data: new Uint8Array(15) }, 1, 1),
    (error) => error instanceof KilnError && error.code === 'SHAPE_MISMATCH' && error.received === '15 bytes',
  );
});
