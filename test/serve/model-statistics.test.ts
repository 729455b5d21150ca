import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KilnError } from '../../errors/errors.js';
import type { RowResult } from '../../runtime/worker-pool.js';
import { Histogram } from '../../serve/metrics/histogram.js';
import { ModelStatistics } from '../../serve/models/model-statistics.js';

function row(decodeMs: number, inferenceMs: number, batch: number): RowResult {
  return { kind: 'probabilities', values: Float32Array.of(1, 0), decodeMs, inferenceMs, batch };
}

const refused: RowResult = {
  kind: 'error',
  error: new KilnError('IMAGE_UNDECODABLE', { expected: 'a picture', received: 'none' }).toJSON(),
};

/** Two requests, of one row and of two, in one run of 10 ms. */
function runOfThree(results: readonly RowResult[] = [row(1, 6, 3), row(1, 6, 3), row(0.5, 6, 3)]) {
  const waits = [
    { rows: 1, waitedMs: 2 },
    { rows: 2, waitedMs: 4 },
  ];
  return { kind: 'requests', rows: 3, results, durationMs: 10, waits } as const;
}

test('each request of a run counts with its own wait and the run’s whole cost', () => {
  const statistics = new ModelStatistics();
  const before = Date.now();
  statistics.ran(runOfThree());
  const { inference, requests } = statistics.snapshot();
  assert.deepEqual(requests, { batches: 1, rows: 3 });
  assert.ok(inference.lastInference >= before);
  const { lastInference: _, ...others } = inference;
  assert.deepEqual(others, {
    inferenceCount: 3,
    executionCount: 1,
    success: { count: 2, ns: 26e6 },
    fail: { count: 0, ns: 0 },
    queue: { count: 2, ns: 6e6 },
    computeInput: { count: 2, ns: 5e6 },
    computeInfer: { count: 2, ns: 12e6 },
    computeOutput: { count: 2, ns: 3e6 },
    batches: [
      {
        size: 3,
        computeInput: { count: 1, ns: 2_500_000 },
        computeInfer: { count: 1, ns: 6e6 },
        computeOutput: { count: 1, ns: 1_500_000 },
      },
    ],
  });
});

test('a request fails with any of its rows, and its neighbour does not', () => {
  const statistics = new ModelStatistics();
  statistics.ran(runOfThree([row(1, 6, 2), row(1, 6, 2), refused]));
  const { inference } = statistics.snapshot();
  assert.deepEqual(inference.success, { count: 1, ns: 12e6 });
  assert.deepEqual(inference.fail, { count: 1, ns: 14e6 });
  assert.equal(inference.inferenceCount, 2);
});

test('a run without probabilities is no execution of the model', () => {
  const statistics = new ModelStatistics();
  statistics.ran(runOfThree([refused, refused, refused]));
  const { inference } = statistics.snapshot();
  assert.deepEqual([inference.executionCount, inference.inferenceCount, inference.fail.count], [0, 0, 2]);
  assert.deepEqual(
    statistics.inferenceSeconds.counts,
    new Histogram(statistics.inferenceSeconds.bounds).counts,
  );
});

test('evaluations count apart, and requests that never ran by their reason', () => {
  const statistics = new ModelStatistics();
  statistics.ran({
    kind: 'background',
    rows: 2,
    results: [row(0, 3, 2), row(0, 3, 2)],
    durationMs: 4,
    waits: [],
  });
  statistics.turnedAway('full', 5);
  statistics.turnedAway('full', 1);
  statistics.turnedAway('expired', 1);
  statistics.failed(new Error('lost'));
  const { background, requests, turnedAway, failedRuns, inference } = statistics.snapshot();
  assert.deepEqual(background, { batches: 1, rows: 2 });
  assert.deepEqual(requests, { batches: 0, rows: 0 });
  assert.deepEqual(turnedAway, { full: 2, expired: 1, abandoned: 0 });
  assert.equal(failedRuns, 1);
  assert.deepEqual([inference.executionCount, inference.fail.count, inference.lastInference], [0, 3, 0]);
});

test('a histogram counts a value under the first bound that holds it', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 2, 2.5, 100]) histogram.observe(value);
  assert.deepEqual(histogram.counts, [2, 2, 2]);
  assert.equal(histogram.sum, 107.5);
});
