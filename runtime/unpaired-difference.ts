import { wilson } from './evaluation.js';

/** So many of so many. */
export interface Share {
  readonly correct: number;
  readonly count: number;
}

export interface ShareDifference {
  /** In [-1, 1]. */
  readonly difference: number;
  /** 95 % */
  readonly interval: readonly [number, number];
}

/**
 * The first share less the second, of pictures that are not the same, with the 95 % interval of Newcombe ("Interval
 * estimation for the difference between independent proportions", 1998, method 10): Wilson's two intervals, combined.
 *
 * @throws RangeError without pictures
 */
export function unpairedDifference(first: Share, second: Share): ShareDifference {
  if (first.count === 0 || second.count === 0) throw new RangeError('no pictures, no difference');
  const [p1, p2] = [first.correct / first.count, second.correct / second.count];
  const [low1, high1] = wilson(first.correct, first.count);
  const [low2, high2] = wilson(second.correct, second.count);
  const difference = p1 - p2;
  return {
    difference,
    interval: [
      difference - Math.hypot(p1 - low1, high2 - p2),
      difference + Math.hypot(high1 - p1, p2 - low2),
    ],
  };
}
