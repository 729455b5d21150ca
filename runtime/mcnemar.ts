import { normalQuantile } from './evaluation.js';

/** Two classifiers on the same pictures, counted by who was right. */
export interface PairedCounts {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

export interface McNemar {
  readonly method: 'exact binomial' | 'chi-squared with continuity correction';
  /** Two-sided, in [0, 1]. */
  readonly pValue: number;
}

/** From so many discordant pairs on the chi-squared distribution is close enough (Dietterich 1998 and others). */
const manyPairs = 25;

/**
 * McNemar's test of whether two classifiers err equally often ("Note on the sampling error of the difference between
 * correlated proportions", 1947): among the pictures that only one of them gets right, each is as likely to be the one.
 * Few such pictures are tested exactly, many by chi-squared with Edwards' continuity correction (1948).
 */
export function mcnemar({ onlyFirst, onlySecond }: PairedCounts): McNemar {
  const discordant = onlyFirst + onlySecond;
  if (discordant < manyPairs) {
    const tail = binomialTail(Math.min(onlyFirst, onlySecond), discordant);
    return { method: 'exact binomial', pValue: Math.min(1, 2 * tail) };
  }
  const corrected = Math.max(0, Math.abs(onlyFirst - onlySecond) - 1);
  // Of one degree of freedom: P(χ² > x) = erfc(√(x/2)).
  const pValue = erfc(Math.sqrt(corrected ** 2 / discordant / 2));
  return { method: 'chi-squared with continuity correction', pValue };
}

export interface PairedDifference {
  /** Share that the first gets right, less that of the second, in [-1, 1]. */
  readonly difference: number;
  /** 95 % */
  readonly interval: readonly [number, number];
}

/**
 * How much better the first classifier is, with the paired interval of Agresti and Min ("Simple improved confidence
 * intervals for comparing matched proportions", 2005): Wald's, with half a picture more of each kind, which holds its
 * level where few pictures are discordant.
 * @throws RangeError without pictures
 */
export function pairedDifference(counts: PairedCounts): PairedDifference {
  const { both, onlyFirst, onlySecond, neither } = counts;
  const count = both + onlyFirst + onlySecond + neither;
  if (count === 0) throw new RangeError('no pictures, no difference');
  const [gained, lost, more] = [onlyFirst + 0.5, onlySecond + 0.5, count + 2];
  const centre = (gained - lost) / more;
  const half = (normalQuantile * Math.sqrt(gained + lost - (gained - lost) ** 2 / more)) / more;
  return {
    difference: (onlyFirst - onlySecond) / count,
    interval: [Math.max(-1, centre - half), Math.min(1, centre + half)],
  };
}

/** P(X ≤ k) of n fair coins, n small. */
function binomialTail(k: number, n: number): number {
  let ways = 1;
  let sum = 0;
  for (let heads = 0; heads <= k; heads += 1) {
    sum += ways;
    ways = (ways * (n - heads)) / (heads + 1);
  }
  return sum / 2 ** n;
}

/**
 * 1 − erf(z) for z ≥ 0, to about 1e-13 relative: Abramowitz and Stegun 7.1.6 near 0, the continued fraction 7.1.14
 * beyond, both evaluated until they stand.
 */
function erfc(z: number): number {
  const gauss = Math.exp(-z * z) / Math.sqrt(Math.PI);
  if (z < 2) {
    let [term, sum] = [z, z];
    for (let n = 1; term > sum * Number.EPSILON; n += 1) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 * gauss * sum;
  }
  let fraction = z;
  for (let n = 60; n >= 1; n -= 1) fraction = z + n / 2 / fraction;
  return gauss / fraction;
}
