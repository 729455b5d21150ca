import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averagedOverViews, viewWeights } from '../../export/views.js';
import { Graph } from '../../onnx/graph.js';
import { initialParameters } from '../../train/parameters.js';
import { tinycnn } from '../fixtures/model.js';
import { float32, hashed, relativeDifference } from '../fixtures/numbers.js';
import { floats, runGraph } from '../fixtures/run-graph.js';

const [batch, size] = [2, 24];
const shape = [batch, 3, size, size];
const images = hashed(shape, 3, 1);
const weights = initialParameters(tinycnn, 10, 2);

async function logitsOf(pictures: Float32Array, averaged: boolean): Promise<Float32Array> {
  const graph = new Graph();
  const input = graph.input('images', 'float32', ['batch', 3, size, size]);
  const logits = tinycnn.forward(graph, input, 10, 'inference');
  graph.output('logits', averaged ? averagedOverViews(input, logits) : logits);
  return floats(await runGraph(graph, { images: float32(shape, pictures) }, weights), 'logits');
}

/** Every pixel from the place (row, column) + (down, right), which an edge mirrors; columns from behind if mirrored. */
function seen(down: number, right: number, mirrored: boolean): Float32Array {
  const inside = (at: number) => (at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at);
  return images.map((_, at) => {
    const plane = Math.floor(at / (size * size)) * size * size;
    const row = Math.floor(at / size) % size;
    const column = mirrored ? size - 1 - (at % size) : at % size;
    return images[plane + inside(row + down) * size + inside(column + right)]!;
  });
}

test('the answer is the weighted mean of the answers to six views', async () => {
  const views = [
    seen(0, 0, false),
    seen(0, 0, true),
    seen(-1, -1, false),
    seen(-1, -1, true),
    seen(1, 1, false),
    seen(1, 1, true),
  ];
  assert.equal(
    viewWeights.reduce((a, b) => a + b),
    1,
  );
  const answers = await Promise.all(views.map((view) => logitsOf(view, false)));
  const expected = answers[0]!.map((_, i) =>
    answers.reduce((sum, answer, view) => sum + viewWeights[view]! * answer[i]!, 0),
  );
  assert.ok(relativeDifference(await logitsOf(images, true), expected) < 1e-6);
  // CONTROL: the picture alone is answered otherwise.
  assert.ok(relativeDifference(answers[0]!, expected) > 1e-2);
});
