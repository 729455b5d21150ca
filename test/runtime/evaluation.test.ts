import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvaluationTally, wilson } from '../../runtime/evaluation.js';

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

test('the Wilson interval solves its defining equation |p − share| = z·√(p(1−p)/n)', () => {
  // Found by bisection on the equation itself, not by the closed form.
  const bound = (share: number, count: number, inside: number, outside: number) => {
    for (let step = 0; step < 200; step += 1) {
      const middle = (inside + outside) / 2;
      const reached =
        Math.abs(middle - share) >= 1.959963984540054 * Math.sqrt((middle * (1 - middle)) / count);
      if (reached) outside = middle;
      else inside = middle;
    }
    return inside;
  };
  for (const [successes, count] of [
    [8600, 10_000],
    [1, 3],
    [499, 500],
  ] as const) {
    const share = successes / count;
    const [low, high] = wilson(successes, count);
    close(low, bound(share, count, share, 0), 1e-9);
    close(high, bound(share, count, share, 1), 1e-9);
  }
});

test('the Wilson interval stays within [0, 1] at its ends', () => {
  assert.equal(wilson(0, 10)[0], 0);
  assert.equal(wilson(10, 10)[1], 1);
  assert.deepEqual(wilson(0, 0), [0, 1]);
  assert.throws(() => wilson(3, 2), { name: 'RangeError', message: /got 3 of 2/ });
});

test('a hand-counted evaluation', () => {
  const tally = new EvaluationTally(['cat', 'dog', 'fox']);
  // cat→cat, cat→dog, then fox→fox twice
  tally.add(Float32Array.of(0.7, 0.2, 0.1, 0.1, 0.8, 0.1), Int32Array.of(0, 0));
  tally.add(Float32Array.of(0, 0.4, 0.6, 0.1, 0.2, 0.7), Int32Array.of(2, 2));
  const result = tally.result();
  assert.equal(result.precisionAt1, 0.75);
  assert.equal(result.count, 4);
  assert.equal(result.top5, 1);
  assert.deepEqual(result.interval, wilson(3, 4));
  assert.deepEqual(result.confusion, [
    [1, 1, 0],
    [0, 0, 0],
    [0, 0, 2],
  ]);
  assert.deepEqual(result.perClass, [
    { label: 'cat', count: 2, correct: 1, recall: 0.5, precision: 1 },
    { label: 'dog', count: 0, correct: 0, recall: null, precision: 0 },
    { label: 'fox', count: 2, correct: 2, recall: 1, precision: 1 },
  ]);
});

test('ties count as in_top_k counts them, and the confusion agrees', () => {
  const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const tally = new EvaluationTally(labels);
  tally.add(new Float32Array(7).fill(0.1), Int32Array.of(6));
  assert.equal(tally.result().precisionAt1, 1, 'no class is strictly more probable');
  assert.equal(tally.result().confusion[6]![6], 1);

  const sixth = new EvaluationTally(labels);
  sixth.add(Float32Array.of(6, 5, 4, 3, 2, 2, 0), Int32Array.of(5));
  assert.equal(sixth.result().top5, 1, 'ties for the fifth place');
  sixth.add(Float32Array.of(6, 5, 4, 3, 2, 1, 0), Int32Array.of(5));
  assert.equal(sixth.result().top5, 0.5, 'the control: the sixth place alone is outside');
});

test('a row that is not finite is counted and never right', () => {
  const tally = new EvaluationTally(['a', 'b']);
  tally.add(Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 0), Int32Array.of(0, 0));
  const result = tally.result();
  assert.equal(result.precisionAt1, 0);
  assert.equal(result.top5, 0);
  assert.deepEqual(result.confusion, [
    [0, 0],
    [0, 0],
  ]);
  assert.equal(result.perClass[0]!.count, 2);
});

test('lengths and labels that do not fit are refused', () => {
  const tally = new EvaluationTally(['a', 'b']);
  assert.throws(() => tally.add(new Float32Array(3), new Int32Array(2)), {
    name: 'RangeError',
    message: '2 labels of 2 classes need 4 probabilities, got 3',
  });
  assert.throws(() => tally.add(new Float32Array(2), Int32Array.of(2)), {
    name: 'RangeError',
    message: 'label 2 of row 0 is outside [0, 2)',
  });
});
