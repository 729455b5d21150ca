import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thinned } from '../../../train/report/thinned.js';

interface Row {
  readonly step: number;
  readonly loss?: number;
  readonly precision?: number;
}

test('of many rows the first, the last and every peak of every column stay, in their order', () => {
  const rows: Row[] = Array.from({ length: 10_000 }, (_, step) => ({
    step,
    ...(step % 97 === 5 ? { precision: step / 10_000 } : { loss: Math.sin(step / 50) }),
  }));
  rows[1234] = { step: 1234, loss: 9 };
  rows[5678] = { step: 5678, loss: Number.NaN };
  rows[7777] = { step: 7777, precision: -1 };
  const few = thinned(rows, 200, ['loss', 'precision']);
  assert.ok(few.length <= 200);
  assert.ok(few.every(({ step }, index) => index === 0 || step > few[index - 1]!.step));
  for (const kept of [0, 1234, 7777, 9999]) assert.ok(few.includes(rows[kept]!), `${kept}`);
  const lossAlone = thinned(rows, 200, ['loss']);
  assert.ok(!lossAlone.includes(rows[7777]!), 'control: a column that is not asked for has no peaks');
  const every50th = rows.filter((_, index) => index % 50 === 0);
  assert.ok(!every50th.includes(rows[1234]!), 'control: leaving rows out evenly loses the peak');
  assert.equal(thinned(rows.slice(0, 200), 200, ['loss']).length, 200);
});
