import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { residentMebibytes } from './process-figures.js';
import { isFullLength } from './scale.js';

/** Looks at a process's memory every so often, until it is asked what it saw (MiB). */
export function watchMemory(pid: number, everyMs = 250): () => readonly number[] {
  const looks: number[] = [];
  const timer = setInterval(() => looks.push(residentMebibytes(pid)), everyMs);
  return () => {
    clearInterval(timer);
    return looks;
  };
}

/** Garbage that is yet to be collected comes and goes; what is held for good is the least of several looks. */
const held = (looks: readonly number[]): number => Math.min(...looks);

/**
 * Asserts that the process holds as much at the end of the looks as at their beginning, each the least of `window`
 * looks; `tolerance` 0.05 lets it be 5 % more.
 */
export function assertFlat(
  t: TestContext,
  looks: readonly number[],
  { window, tolerance }: { readonly window: number; readonly tolerance: number },
): void {
  const [before, after] = [held(looks.slice(0, window)), held(looks.slice(-window))];
  const range = `${Math.min(...looks).toFixed(0)} to ${Math.max(...looks).toFixed(0)}`;
  t.diagnostic(`memory ${before.toFixed(1)} → ${after.toFixed(1)} MiB (${looks.length} looks: ${range})`);
  if (isFullLength) assert.ok(after <= (1 + tolerance) * before, 'memory grows');
}
