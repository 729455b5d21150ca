import type { Value } from '../onnx/graph.js';
import { add, mul, reflectPad, reverse, slice } from '../onnx/operators/index.js';

/** Views of a picture of which an answer is the weighted mean; the first is the picture itself. */
export const viewWeights: readonly number[] = [0.25, 0.25, 0.125, 0.125, 0.125, 0.125];

/**
 * Test-time augmentation inside the graph (Jordan, arXiv 2404.00498): the logits of the picture, of the picture moved by
 * one pixel towards the lower right and the upper left (the edge mirrors what lies behind it), and of the mirror images
 * of all three, averaged with `viewWeights`. It costs six times the arithmetic.
 *
 * @param images [batch, channels, height, width], from which `logits` [batch, classes] was computed
 */
export function averagedOverViews(images: Value, logits: Value): Value {
  const padded = reflectPad(images, [0, 0, 1, 1], [0, 0, 1, 1]); // [B, C, H + 2, W + 2]
  const seenFrom = (corner: number) =>
    slice(slice(padded, 2, corner, corner + images.size(2)), 3, corner, corner + images.size(3)); // [B, C, H, W]
  const views = [images, seenFrom(0), seenFrom(2)].flatMap((view) => [view, reverse(view, [3])]);
  const answers = views.map((view) => (view === images ? logits : recomputed(logits, images, view)));
  return answers.map((answer, index) => mul(answer, viewWeights[index]!)).reduce((a, b) => add(a, b));
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
