import { KilnError } from '../errors/errors.js';
import type { Dim, Shape } from './types.js';

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Number of elements of a known shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function shapeMismatch(operator: string, expected: string, ...received: readonly Shape[]): KilnError {
  const shapes = received.map(formatShape).join(' and ');
  return new KilnError('SHAPE_MISMATCH', {
    message: `${operator}: expected ${expected}, got ${shapes}.`,
    expected,
    received: shapes,
  });
}

/** The shape of an elementwise result by numpy's rule: aligned at the end, 1 stretches. */
export function broadcast(operator: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis): Dim => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw shapeMismatch(operator, 'shapes that broadcast', a, b);
  });
}

/** `axis` counted from the front; throws where the rank has no such axis. */
export function normaliseAxis(operator: string, axis: number, shape: Shape): number {
  const result = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(result) && result >= 0 && result < shape.length) return result;
  throw shapeMismatch(operator, `an axis within rank ${shape.length}, not ${axis}`, shape);
}
