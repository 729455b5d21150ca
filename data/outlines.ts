/**
 * The figures of the dataset `shapes` as signed distances: negative inside, positive outside, in units of the
 * figure's radius. Only +, −, ×, ÷, square roots and comparisons are used, which IEEE 754 rounds the same
 * everywhere: the pictures have the same bytes on every machine.
 */
export type Outline = (x: number, y: number) => number;

/** Each figure is its own mirror image, and none is another one turned, so a flip never changes a class. */
export const outlines = {
  circle: (x, y) => length(x, y) - 0.85,
  ring: (x, y) => Math.abs(length(x, y) - 0.72) - 0.2,
  square: (x, y) => box(x, y, 0.75, 0.75),
  frame: (x, y) => Math.abs(box(x, y, 0.66, 0.66)) - 0.16,
  triangle: (x, y) => Math.max(-y, (Math.sqrt(3) * Math.abs(x) + y) / 2) - 0.5,
  cross: (x, y) => Math.min(box(x, y, 0.95, 0.27), box(x, y, 0.27, 0.95)),
  star,
  bar: (x, y) => box(x, y, 1, 0.25),
  stripes: (x, y) => box(x, Math.min(Math.abs(y), Math.abs(Math.abs(y) - 0.64)), 0.9, 0.18),
  dots: (x, y) => length(Math.abs(x) - 0.58, Math.abs(y) - 0.58) - 0.34,
} as const satisfies Record<string, Outline>;

function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

function box(x: number, y: number, halfWidth: number, halfHeight: number): number {
  return Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
}

/** cos 36° = (1 + √5) / 4 */
const cosine = (1 + Math.sqrt(5)) / 4;
const sine = Math.sqrt(1 - cosine * cosine);
/** Radius of a star's inner corners; its tips have radius 1. */
const inner = 0.42;
/** The outward normal of the edge from the tip (0, 1) to the inner corner at 36°. */
const edgeLength = length(1 - inner * cosine, inner * sine);
const normalX = (1 - inner * cosine) / edgeLength;
const normalY = (inner * sine) / edgeLength;

/** Five tips: reflections fold the plane onto the 36° between a tip and an inner corner, where one edge is left. */
function star(x: number, y: number): number {
  let foldedX = Math.abs(x);
  let foldedY = y;
  for (let fold = 0; fold < 2; fold++) {
    const beyond = Math.max(0, foldedX * cosine - foldedY * sine);
    foldedX = Math.abs(foldedX - 2 * beyond * cosine);
    foldedY += 2 * beyond * sine;
  }
  return foldedX * normalX + (foldedY - 1) * normalY;
}
