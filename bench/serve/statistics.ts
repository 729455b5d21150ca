import { median } from '../../runtime/timing.js';

/** The smallest of the sorted numbers that at least `share` of them do not exceed (nearest rank). */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The middle of numbers in any order. */
export function middle(numbers: readonly number[]): number {
  return median([...numbers].sort((a, b) => a - b));
}
