import assert from 'node:assert/strict';
import { test } from 'node:test';
import { truncatedNormal } from '../../data/random.js';

const count = 100_000;

function moments(values: Float32Array): { mean: number; deviation: number; kurtosis: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const central = (power: number) => values.reduce((sum, x) => sum + (x - mean) ** power, 0) / values.length;
  return { mean, deviation: Math.sqrt(central(2)), kurtosis: central(4) / central(2) ** 2 };
}

/** E[x²] and E[x⁴] of a normal variable cut at two deviations, by numeric integration. */
function expectedMoments(): { deviation: number; kurtosis: number } {
  let mass = 0;
  let second = 0;
  let fourth = 0;
  for (let x = -2; x < 2; x += 1e-4) {
    const density = Math.exp(-x * x * 0.5);
    mass += density;
    second += density * x ** 2;
    fourth += density * x ** 4;
  }
  return { deviation: Math.sqrt(second / mass), kurtosis: (fourth * mass) / second ** 2 };
}

test('mean, deviation and kurtosis are those of a normal variable cut at two deviations', () => {
  const std = 0.05;
  const values = truncatedNormal(0, 3, count, std);
  const { mean, deviation, kurtosis } = moments(values);
  const expected = expectedMoments();
  assert.ok(Math.abs(mean) < 0.015 * std, `mean ${mean}`);
  assert.ok(Math.abs(deviation / std - expected.deviation) < 0.01, `deviation ${deviation / std}`);
  assert.ok(Math.abs(kurtosis - expected.kurtosis) < 0.05, `kurtosis ${kurtosis} for ${expected.kurtosis}`);
  // Clamping instead of drawing again would put a twentieth of all values on the limits.
  assert.ok(values.every((x) => Math.abs(x) <= 2 * std * (1 + 1e-6)));
  assert.ok(values.filter((x) => Math.abs(x) > 1.999 * std).length < count / 1_000);
});

test('control: the deviation of an uncut normal variable would be noticed', () => {
  assert.ok(Math.abs(1 - expectedMoments().deviation) > 0.1);
});

test('the values are a function of seed and stream, and a longer sequence begins with the shorter one', () => {
  const values = truncatedNormal(4, 1, 101, 1);
  assert.deepEqual(truncatedNormal(4, 1, 202, 1).subarray(0, 101), values);
  assert.notDeepEqual(truncatedNormal(4, 2, 101, 1), values);
  assert.notDeepEqual(truncatedNormal(5, 1, 101, 1), values);
});
