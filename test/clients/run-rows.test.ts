import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeRows } from '../../clients/page/runs/follow.js';
import type { RunMetricsRow } from '../../clients/page/runs/runs.js';
import { chosenRows } from '../../clients/page/runs/values-table.js';

const logged = (step: number): RunMetricsRow => ({ step, seconds: step, loss: 1 });
const validated = (step: number): RunMetricsRow => ({ step, seconds: step, validationEma: 0.5 });

test('rows that came since are put in the place of those of the last step', () => {
  const known = [logged(1), logged(11)];
  const rows = [logged(11), validated(11), logged(21)];
  assert.deepEqual(mergeRows(known, { lastStep: 21, rows }, 11), [logged(1), ...rows]);
  assert.deepEqual(mergeRows(known, { lastStep: 11, rows: [logged(11)] }, 11), known);
  assert.deepEqual(mergeRows([], { lastStep: null, rows: [] }, 0), []);
});

test('after a run was resumed from an earlier step all rows have to be asked for', () => {
  assert.equal(mergeRows([logged(1), logged(11)], { lastStep: 5, rows: [] }, 11), undefined);
  assert.equal(mergeRows([logged(1)], { lastStep: null, rows: [] }, 1), undefined);
});

test('the table has a hundred rows at most: every validation, and logged steps evenly up to the last', () => {
  const rows = Array.from({ length: 1000 }, (_, index) => logged(1 + 10 * index)).flatMap((row, index) =>
    index % 50 === 49 ? [row, validated(row.step)] : [row],
  );
  const chosen = chosenRows(rows);
  assert.ok(chosen.length <= 100 && chosen.length > 80, `${chosen.length}`);
  assert.equal(chosen.filter(({ validationEma }) => validationEma !== undefined).length, 20);
  assert.deepEqual(chosen.slice(0, 2), [validated(9991), logged(9991)], 'the last step first');
  assert.ok(chosen.every(({ step }, index) => index === 0 || step <= chosen[index - 1]!.step));
  const validations = Array.from({ length: 300 }, (_, index) => validated(index));
  assert.equal(chosenRows([...validations, logged(300)]).length, 100);
  assert.equal(chosenRows([logged(1)]).length, 1);
});
