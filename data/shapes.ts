import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Dataset, SplitName } from './dataset.js';
import { allocateTable, type ExampleTable, rowRange, splitTable } from './memory.js';
import { type Outline, outlines } from './outlines.js';
import { uniform } from './random.js';

/** Pictures are 32×32. */
const side = 32;
const pixelCount = side * side;
const figures: readonly Outline[] = Object.values(outlines);
const labels: readonly string[] = Object.keys(outlines);

/** A change to this seed, or to anything drawn below, makes another dataset: the digest tells. */
const shapesSeed = 0x5ba9e5;

/** Examples in each split. */
export type ShapesSizes = Readonly<Record<Exclude<SplitName, 'train+validation'>, number>>;

const defaultSizes: ShapesSizes = { train: 9_000, validation: 1_000, test: 2_000 };

/**
 * Ten kinds of figure on a noisy ground, drawn here: no download, the same bytes everywhere.
 *
 * Position, size, rotation, both colours, the ground's gradient and the strength of the noise are random, and
 * the figure is as often brighter as darker than its ground. So no pixel tells anything by itself and a
 * linear model stays near chance; a convolutional network has it easy. A figure is near enough to the centre to
 * survive a 24×24 crop. Classes take turns: example i shows figure i mod 10.
 */
export async function openShapes(sizes: ShapesSizes = defaultSizes): Promise<Dataset> {
  const trainEnd = sizes.train;
  const validationEnd = trainEnd + sizes.validation;
  const testEnd = validationEnd + sizes.test;
  const table = allocateTable(testEnd, side, side);
  const grain = noiseGrain();
  for (let index = 0; index < testEnd; index++) {
    drawExample(table, index, grain);
    // A server that opens the dataset goes on answering.
    if (index % 256 === 255) await setImmediate();
  }

  return {
    name: 'shapes',
    labels,
    height: side,
    width: side,
    digest: createHash('sha256').update(Uint8Array.from(table.labels)).update(table.images).digest('hex'),
    split: splitTable(table, {
      train: rowRange(0, trainEnd),
      validation: rowRange(trainEnd, validationEnd),
      'train+validation': rowRange(0, validationEnd),
      test: rowRange(validationEnd, testEnd),
    }),
  };
}

/** Random numbers of one example, by the name of what they decide. */
const draws = {
  centreX: 0,
  centreY: 1,
  radius: 2,
  turn: 3,
  contrast: 4,
  polarity: 5,
  noise: 6,
  noiseStart: 7,
  slopeX: 8,
  slopeY: 9,
  /** Three draws each, one a channel. */
  ground: 10,
  tint: 13,
} as const;

function drawExample(table: ExampleTable, index: number, grain: Float32Array): void {
  const between = (draw: number, low: number, high: number): number =>
    low + (high - low) * uniform(shapesSeed, index, draw);

  const label = index % figures.length;
  const outline = figures[label]!;
  const centreX = side / 2 + between(draws.centreX, -2, 2);
  const centreY = side / 2 + between(draws.centreY, -2, 2);
  const radius = between(draws.radius, 7, 10);
  const [cosine, sine] = direction(between(draws.turn, 0, 4));
  const noise = between(draws.noise, 5, 25);
  const slopeX = between(draws.slopeX, -1, 1);
  const slopeY = between(draws.slopeY, -1, 1);
  const polarity = between(draws.polarity, -1, 1) < 0 ? -1 : 1;
  const contrast = polarity * between(draws.contrast, 70, 130);
  // Ground and figure are grey levels `contrast` apart, each channel tinted by its own amount.
  const ground = [0, 1, 2].map((c) => 127.5 - contrast / 2 + between(draws.ground + c, -45, 45));
  const step = [0, 1, 2].map((c) => contrast + between(draws.tint + c, -45, 45));

  const { images } = table;
  let at = index * pixelCount * 3;
  let grainAt = Math.floor(between(draws.noiseStart, 0, grainLength));
  for (let row = 0; row < side; row++) {
    const dy = row + 0.5 - centreY;
    for (let column = 0; column < side; column++) {
      const dx = column + 0.5 - centreX;
      const distance =
        radius * outline((cosine * dx + sine * dy) / radius, (cosine * dy - sine * dx) / radius);
      // Antialiasing: the share of the pixel that the figure covers, taking its edge for straight.
      const cover = Math.min(1, Math.max(0, 0.5 - distance));
      const slope = slopeX * dx + slopeY * dy;
      for (let c = 0; c < 3; c++) {
        const level = ground[c]! + slope + cover * step[c]! + noise * grain[grainAt]!;
        images[at++] = level <= 0 ? 0 : level >= 255 ? 255 : Math.floor(level + 0.5);
        grainAt++;
      }
    }
  }
  table.labels[index] = label;
}

/** A turn of t quarters, t in [0, 4), as a unit vector: a point of the square's edge, brought to length 1. */
function direction(quarters: number): [number, number] {
  const along = 2 * (quarters % 1) - 1;
  const length = Math.sqrt(1 + along * along);
  const x = 1 / length;
  const y = along / length;
  const turned: readonly [number, number][] = [
    [x, y],
    [-y, x],
    [-x, -y],
    [y, -x],
  ];
  return turned[Math.floor(quarters)]!;
}

/** A prime, so that channels do not repeat in step. */
const grainLength = 65_537;

/**
 * Bell-shaped numbers (the sum of three uniform ones) with mean 0 and standard deviation 1; every picture starts
 * elsewhere. Beyond the end it goes on with the beginning, far enough for a picture that starts at the last of them.
 */
function noiseGrain(): Float32Array {
  const grain = new Float32Array(grainLength + pixelCount * 3);
  for (let i = 0; i < grainLength; i++) {
    const sum = uniform(shapesSeed, i, 0, 1) + uniform(shapesSeed, i, 1, 1) + uniform(shapesSeed, i, 2, 1);
    grain[i] = 2 * sum - 3;
  }
  grain.copyWithin(grainLength, 0);
  return grain;
}
