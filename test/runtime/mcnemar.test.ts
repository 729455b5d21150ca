import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mcnemar, type PairedCounts, pairedDifference } from '../../runtime/mcnemar.js';

const [exact, approximate] = ['exact binomial', 'chi-squared with continuity correction'] as const;

/** statsmodels 0.15.0: mcnemar([[0, b], [c, 0]], exact=b + c < 25, correction=True).pvalue */
const golden = [
  [0, 0, exact, 1],
  [1, 0, exact, 1],
  [5, 1, exact, 0.21875],
  [3, 3, exact, 1],
  [12, 4, exact, 0.076812744140625],
  [20, 4, exact, 0.001543879508972168],
  [24, 0, exact, 1.1920928955078125e-7],
  [12, 12, exact, 1],
  [25, 0, approximate, 1.5866563039511885e-6],
  [13, 12, approximate, 1],
  [16, 12, approximate, 0.5707503880581739],
  [59, 6, approximate, 1.1199327149542469e-10],
  [150, 86, approximate, 4.114562281345944e-5],
  [300, 280, approximate, 0.430151717220404],
  [101, 121, approximate, 0.20223969808664588],
  [1000, 600, approximate, 1.961014528879563e-23],
] as const;

const counts = (onlyFirst: number, onlySecond: number, both = 0, neither = 0): PairedCounts => ({
  both,
  onlyFirst,
  onlySecond,
  neither,
});

test('p-values are those of statsmodels, either way round', () => {
  for (const [b, c, method, pValue] of golden) {
    for (const pair of [counts(b, c), counts(c, b, 800, 100)]) {
      const result = mcnemar(pair);
      assert.equal(result.method, method);
      assert.ok(Math.abs(result.pValue - pValue) <= 1e-11 * pValue, `${b}, ${c}: ${result.pValue}`);
    }
  }
});

test('control: without the correction it would be another value', () => {
  // statsmodels with correction=False for 150 and 86
  assert.ok(Math.abs(mcnemar(counts(150, 86)).pValue - 3.1e-5) > 1e-6);
});

test('the difference and its interval are those of a published example, to the digits that are printed', () => {
  // Agresti, Categorical Data Analysis (2002), 10.1.1: approval ratings 794, 150, 86, 570; Wald's (0.021, 0.059).
  const { difference, interval } = pairedDifference(counts(150, 86, 794, 570));
  assert.equal(difference, 64 / 1600);
  assert.deepEqual(
    interval.map((end) => end.toFixed(3)),
    ['0.021', '0.059'],
  );
});

test('of all samples of 60 pictures, about 95 % give an interval that holds the true difference', () => {
  const coverage = coverageOf(
    60,
    0.08,
    0.03,
    (b, c, n) => pairedDifference(counts(b, c, n - b - c)).interval,
  );
  assert.ok(coverage > 0.94 && coverage < 0.98, `${coverage}`);
});

test("control: Wald's interval, without the half picture more, holds it less often than it says", () => {
  const coverage = coverageOf(60, 0.08, 0.03, (b, c, n) => {
    const half = (1.96 * Math.sqrt(b + c - (b - c) ** 2 / n)) / n;
    return [(b - c) / n - half, (b - c) / n + half];
  });
  assert.ok(coverage < 0.94, `${coverage}`);
});

test('equal answers differ by nothing, and no pictures are no comparison', () => {
  const { difference, interval } = pairedDifference(counts(0, 0, 70, 30));
  assert.equal(difference, 0);
  assert.ok(interval[0] < 0 && interval[1] > 0);
  assert.throws(() => pairedDifference(counts(0, 0)), /^RangeError: no pictures/);
});

/** The chance that an interval holds the true difference: summed over every sample of n pictures. */
function coverageOf(
  n: number,
  onlyFirst: number,
  onlySecond: number,
  intervalOf: (b: number, c: number, n: number) => readonly [number, number],
): number {
  const logFactorial = [0];
  for (let k = 1; k <= n; k += 1) logFactorial.push(logFactorial[k - 1]! + Math.log(k));
  let coverage = 0;
  for (let b = 0; b <= n; b += 1) {
    for (let c = 0; b + c <= n; c += 1) {
      const [low, high] = intervalOf(b, c, n);
      if (low > onlyFirst - onlySecond || high < onlyFirst - onlySecond) continue;
      const rest = n - b - c;
      const ways = logFactorial[n]! - logFactorial[b]! - logFactorial[c]! - logFactorial[rest]!;
      const chance =
        b * Math.log(onlyFirst) + c * Math.log(onlySecond) + rest * Math.log(1 - onlyFirst - onlySecond);
      coverage += Math.exp(ways + chance);
    }
  }
  return coverage;
}
