import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smoothed } from '../../../train/report/curves.js';
import { type LineChart, lineChart } from '../../../train/report/line-chart.js';
import { parsePage } from './parsed-page.js';

const chart = (scale: LineChart['scale'], values: readonly number[]): LineChart => ({
  title: 'Loss',
  unit: 'nats',
  summary: '',
  scale,
  series: [
    { label: 'loss', look: 'main', points: values.map((value, step) => ({ step, value })), dotted: true },
  ],
  format: String,
});

/** Where the chart's dots stand: [x, y] in pixels, y downwards. */
function dots(drawn: LineChart): readonly (readonly [number, number])[] {
  return parsePage(lineChart(drawn).text)
    .all('circle')
    .map(({ attributes }) => [Number(attributes.cx), Number(attributes.cy)]);
}

const close = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 0.25, `${value}, expected ${expected}`);

test('equal factors are equal distances on a logarithmic chart, equal differences on a linear one', () => {
  const [a, b, c] = dots(chart('log', [8, 4, 2]));
  close(b![1] - a![1], c![1] - b![1]);
  close(b![0] - a![0], c![0] - b![0]);
  const [d, e, f] = dots(chart('linear', [8, 4, 2]));
  close(e![1] - d![1], 2 * (f![1] - e![1]));
  assert.ok(a![1] < c![1] && d![1] < f![1], 'greater is higher');
});

test('a value of zero makes a logarithmic chart linear; values that are not finite are left out', () => {
  const [a, b, c] = dots(chart('log', [8, 4, 0]));
  close(b![1] - a![1], c![1] - b![1]);
  assert.equal(dots(chart('log', [8, Number.NaN, Number.POSITIVE_INFINITY, 2])).length, 2);
  assert.match(lineChart(chart('log', [Number.NaN])).text, /Nothing measured yet/);
  assert.doesNotMatch(lineChart(chart('linear', [3])).text, /NaN|Infinity/);
});

test('a long series is drawn with few points, up to its last', () => {
  const drawn = dots(chart('linear', Array(10_000).fill(1)));
  assert.ok(drawn.length <= 400);
  close(drawn.at(-1)![0], dots(chart('linear', [1, 1])).at(-1)![0]);
});

test('the smoothed curve begins at the first value and follows a step by nine tenths a row', () => {
  const step = [1, 1, 1, 0, 0].map((value, index) => ({ step: index, value }));
  const values = smoothed(step).map(({ value }) => value);
  assert.deepEqual(
    values.slice(0, 3).map((value) => value.toFixed(12)),
    Array(3).fill('1.000000000000'),
  );
  // Weights 0.9^k, normalised: of five rows the oldest three are ones.
  const weights = [0.9 ** 4, 0.9 ** 3, 0.9 ** 2, 0.9, 1];
  const expected = (weights[0]! + weights[1]! + weights[2]!) / weights.reduce((a, b) => a + b);
  assert.ok(Math.abs(values[4]! - expected) < 1e-12);
});
