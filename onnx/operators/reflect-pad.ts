import type { Value } from '../graph.js';
import { defineOperator } from '../operator.js';
import { formatShape, shapeMismatch } from '../shape.js';
import { add } from './elementwise.js';
import { pad, reverse, slice } from './layout.js';

type Numbers = readonly number[];

/**
 * x with its own mirror image around it, `before[i]` elements in front of axis i and `after[i]` behind it; the
 * outermost element itself is not repeated: [1, 2, 3] with 2 on both sides is [3, 2, 1, 2, 3, 2, 1].
 */
export function reflectPad(x: Value, before: Numbers, after: Numbers): Value {
  if ([...before, ...after].every((count) => count === 0)) return x;
  return reflectPadOperator([x], { before, after })[0]!;
}

const reflectPadOperator = defineOperator<{ readonly before: Numbers; readonly after: Numbers }>({
  name: 'reflectPad',
  infer: ([x], { before, after }) => {
    const fits =
      before.length === x!.rank &&
      after.length === x!.rank &&
      x!.shape.every((_, axis) => {
        const counts = [before[axis]!, after[axis]!];
        return counts.every((count) => count === 0 || (count > 0 && count < x!.size(axis)));
      });
    if (!fits) {
      const counts = `${formatShape(before)} and ${formatShape(after)}`;
      throw shapeMismatch('reflectPad', `a count below the size for each axis, not ${counts}`, x!.shape);
    }
    const shape = x!.shape.map((dim, axis) =>
      before[axis] === 0 && after[axis] === 0 ? dim : x!.size(axis) + before[axis]! + after[axis]!,
    );
    return [{ dtype: x!.dtype, shape }];
  },
  gradient: ({ inputs: [x], attributes: { before, after } }, dy) => [
    () => x!.shape.reduce((folded, _, axis) => foldedBack(folded, axis, before[axis]!, after[axis]!), dy),
  ],
  onnx: ({ before, after }) => ({
    type: 'Pad',
    strings: { mode: 'reflect' },
    trailing: [[...before, ...after]],
  }),
});

/** The inner part along an axis, the two margins turned round and added to where they were taken from. */
function foldedBack(dy: Value, axis: number, before: number, after: number): Value {
  if (before === 0 && after === 0) return dy;
  const end = dy.size(axis) - after;
  const size = end - before;
  const at = (part: Value, start: number) => {
    const counts = (count: number) => dy.shape.map((_, index) => (index === axis ? count : 0));
    return pad(part, counts(start), counts(size - start - part.size(axis)));
  };
  let sum = slice(dy, axis, before, end);
  if (before > 0) sum = add(sum, at(reverse(slice(dy, axis, 0, before), [axis]), 1));
  if (after > 0) sum = add(sum, at(reverse(slice(dy, axis, end, end + after), [axis]), size - 1 - after));
  return sum;
}
