import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpairedDifference } from '../../runtime/unpaired-difference.js';

/** Newcombe 1998, table II, method 10, to the four digits printed there. */
const published = [
  [
    [56, 70],
    [48, 80],
    [0.2, 0.0524, 0.3339],
  ],
  [
    [9, 10],
    [3, 10],
    [0.6, 0.1705, 0.809],
  ],
  [
    [6, 7],
    [2, 7],
    [0.5714, 0.0582, 0.8062],
  ],
  [
    [5, 56],
    [0, 29],
    [0.0893, -0.0381, 0.1926],
  ],
  [
    [0, 10],
    [0, 20],
    [0, -0.1611, 0.2775],
  ],
  [
    [10, 10],
    [0, 20],
    [1, 0.6791, 1],
  ],
] as const;

test('Newcombe’s own examples', () => {
  for (const [[a, m], [b, n], expected] of published) {
    const { difference, interval } = unpairedDifference({ correct: a, count: m }, { correct: b, count: n });
    for (const [index, value] of [difference, ...interval].entries()) {
      assert.ok(Math.abs(value - expected[index]!) < 6e-5, `${a}/${m} − ${b}/${n}: ${value}`);
    }
  }
});

test('the other way round is the negative; without pictures there is none', () => {
  const [a, b] = [
    { correct: 56, count: 70 },
    { correct: 48, count: 80 },
  ];
  const [there, back] = [unpairedDifference(a, b), unpairedDifference(b, a)];
  assert.equal(there.difference, -back.difference);
  assert.deepEqual(there.interval, [-back.interval[1], -back.interval[0]]);
  assert.throws(() => unpairedDifference(a, { correct: 0, count: 0 }), RangeError);
});
