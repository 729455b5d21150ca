import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, tolerance } from '../../clients/page/classify/predictions.js';
import { topPredictions } from '../../runtime/top-predictions.js';

const labels = ['cat', 'dog', 'ship'];
const answer = (...probabilities: number[]) => ({
  digest: 'a',
  predictions: topPredictions(Float32Array.from(probabilities), labels, labels.length),
});

test('probabilities are ranked, equals by their index', () => {
  const order = topPredictions(Float32Array.of(0.25, 0.5, 0.25), labels, labels.length).map(
    ({ label, index }) => [label, index],
  );
  assert.deepEqual(order, [
    ['dog', 1],
    ['cat', 0],
    ['ship', 2],
  ]);
});

test('answers agree within the tolerance, whatever the order of their labels', () => {
  const found = compare(answer(0.5, 0.3, 0.2), answer(0.5005, 0.2995, 0.2), 'lossless');
  assert.equal(found.kind, 'agree');
  assert.ok('maxDifference' in found && Math.abs(found.maxDifference - 0.0005) < 1e-7);
});

test('a difference beyond the tolerance, in any label, is none of agreement', () => {
  const nudge = tolerance.lossless * 1.5;
  const nudged = answer(0.5, 0.3 - nudge, 0.2 + nudge);
  assert.deepEqual(
    [
      compare(answer(0.5, 0.3, 0.2), nudged, 'lossless').kind,
      compare(answer(0.5, 0.3, 0.2), nudged, 'lossy').kind,
    ],
    ['differ', 'agree'],
  );
});

test('another label first is no agreement, however close', () => {
  const found = compare(answer(0.4001, 0.4, 0.1999), answer(0.4, 0.4001, 0.1999), 'lossy');
  assert.ok(found.kind === 'differ' && !found.sameTop);
});

test('a label that only one side names is a difference', () => {
  const tab = answer(0.5, 0.3, 0.2);
  const found = compare(answer(0.5, 0.3, 0.2), { ...tab, predictions: tab.predictions.slice(0, 2) }, 'lossy');
  assert.equal(found.kind, 'differ');
});

test('another model is no agreement, even with equal numbers', () => {
  const same = answer(0.5, 0.3, 0.2);
  assert.deepEqual(compare(same, { ...same, digest: 'b' }, 'lossless'), { kind: 'models-differ' });
});
