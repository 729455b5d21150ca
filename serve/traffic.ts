import { performance } from 'node:perf_hooks';

/** How long after a request background batches leave a worker free for the next one, in ms. */
const alertMs = 1000;

/**
 * What the batchers of all models know of each other, so that evaluations of one give way to requests of every
 * other. Background batches run only while no request waits; as long as requests keep coming they leave one worker
 * free where there are several, and take all of them otherwise.
 */
export class Traffic {
  /** Rows of requests that are ready and in no batch yet. */
  queuedRows = 0;
  #background = 0;
  #lastRequest = Number.NEGATIVE_INFINITY;

  /** A request was admitted. */
  requested(): void {
    this.#lastRequest = performance.now();
  }

  /** Whether a background batch may begin beside those that run, on one of `workers` workers. */
  admitsBackground(workers: number): boolean {
    if (this.queuedRows > 0) return false;
    const alert = performance.now() - this.#lastRequest < alertMs;
    return this.#background < (alert ? Math.max(1, workers - 1) : workers);
  }

  backgroundBegan(): void {
    this.#background += 1;
  }

  backgroundEnded(): void {
    this.#background -= 1;
  }
}
