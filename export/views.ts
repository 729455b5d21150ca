import type { Value } from '../onnx/graph.js';
import { add, concat, mul, reverse, slice } from '../onnx/operators/index.js';

/** Views of a picture of which an answer is the weighted mean; the first is the picture itself. */
export const viewWeights: readonly number[] = [0.25, 0.25, 0.125, 0.125, 0.125, 0.125];

/**
 * Test-time augmentation inside the graph (Jordan, arXiv 2404.00498): the logits of the picture, of the picture moved by
 * one pixel towards the upper left and the lower right (the edge mirrors what lies behind it), and of the mirror images
 * of all three, averaged with `viewWeights`. It costs six times the arithmetic.
 *
 * @param images [batch, channels, height, width], from which `logits` [batch, classes] was computed
 */
export function averagedOverViews(images: Value, logits: Value): Value {
  const shifted = [moved(moved(images, 2, -1), 3, -1), moved(moved(images, 2, 1), 3, 1)];
  const views = [images, ...shifted].flatMap((view) => [view, reverse(view, [3])]);
  const answers = views.map((view) => (view === images ? logits : recomputed(logits, images, view)));
  return answers.map((answer, index) => mul(answer, viewWeights[index]!)).reduce((a, b) => add(a, b));
}

/** x moved along an axis by one place; the place that comes free mirrors its neighbour but one. */
function moved(x: Value, axis: number, by: -1 | 1): Value {
  const size = x.size(axis);
  return by === 1
    ? concat([slice(x, axis, 1, 2), slice(x, axis, 0, size - 1)], axis)
    : concat([slice(x, axis, 1, size), slice(x, axis, size - 2, size - 1)], axis);
}

/** What `result` would be if another value stood in the place of one that it is computed from. */
function recomputed(result: Value, original: Value, substitute: Value): Value {
  const counterpart = new Map([[original, substitute]]);
  for (const node of result.graph.nodes.slice()) {
    if (!node.inputs.some((input) => counterpart.has(input))) continue;
    const outputs = node.replay(node.inputs.map((input) => counterpart.get(input) ?? input));
    for (const [index, output] of node.outputs.entries()) counterpart.set(output, outputs[index]!);
    if (node.outputs.includes(result)) break;
  }
  return counterpart.get(result)!;
}
