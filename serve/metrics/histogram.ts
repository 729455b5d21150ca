/**
 * Counts of observations by upper bound: what a Prometheus histogram holds, at a fraction of the cost of
 * prom-client's own, which validates and hashes the labels of every observation.
 */
export class Histogram {
  /** Ascending upper bounds, inclusive; what lies beyond the last is counted apart. */
  readonly bounds: readonly number[];
  /** counts[i]: observations at most bounds[i] and above bounds[i - 1]; the last are above every bound. */
  readonly counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  get sum(): number {
    return this.#sum;
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.bounds.length && value > this.bounds[index]!) index += 1;
    this.counts[index]! += 1;
    this.#sum += value;
  }
}

/** Seconds, from a tensor that is copied to a request that nearly ran into its deadline. */
export const durationBounds: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Rows, up to the largest batch that the settings allow. */
export const rowBounds: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
