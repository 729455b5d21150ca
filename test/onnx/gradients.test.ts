import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradients } from '../../onnx/gradients.js';
import { Graph } from '../../onnx/graph.js';
import { add, cast, lessOrEqual, mul, neg, reduceSum } from '../../onnx/operators/index.js';
import { float32 } from '../fixtures/numbers.js';
import { floats, runGraph } from '../fixtures/run-graph.js';

function start() {
  const graph = new Graph();
  return { graph, x: graph.input('x', 'float32', [2]), y: graph.input('y', 'float32', [2]) };
}

test('paths to one value add up, and an intermediate value may be a target', async () => {
  const { graph, x, y } = start();
  const product = mul(x, y);
  const [dx, dproduct] = gradients(reduceSum(add(mul(product, product), x)), [x, product]);
  graph.output('dx', dx!);
  graph.output('dproduct', dproduct!);
  const outputs = await runGraph(graph, {
    x: float32([2], Float32Array.of(2, 3)),
    y: float32([2], Float32Array.of(5, -1)),
  });
  assert.deepEqual([...floats(outputs, 'dproduct')], [20, -6]); // 2·x·y
  assert.deepEqual([...floats(outputs, 'dx')], [101, 7]); // 2·x·y² + 1
});

test('nothing is built towards what nobody asked for', () => {
  const { graph, x, y } = start();
  const before = mul(x, y);
  const loss = reduceSum(before);
  gradients(loss, [x]);
  const towardsBoth = start();
  gradients(reduceSum(mul(towardsBoth.x, towardsBoth.y)), [towardsBoth.x, towardsBoth.y]);
  assert.ok(graph.nodes.length < towardsBoth.graph.nodes.length);
});

test('the operators of a backward pass stand in the scope gradients/', () => {
  const { graph, x, y } = start();
  const loss = reduceSum(mul(x, y));
  const count = graph.nodes.length;
  gradients(loss, [x]);
  for (const { name } of graph.nodes.slice(count)) assert.match(name, /^gradients\//);
});

test('a loss that is no scalar is refused', () => {
  const { x } = start();
  assert.throws(() => gradients(x, [x]), { code: 'SHAPE_MISMATCH', expected: /scalar/, received: '[2]' });
});

test('a target that the loss does not depend on is refused by name', () => {
  const { x, y } = start();
  assert.throws(() => gradients(reduceSum(x), [x, y]), {
    code: 'SHAPE_MISMATCH',
    message: /does not depend/,
    received: 'y',
  });
});

test('an operator without a gradient rule on the way is refused by name', () => {
  const { x } = start();
  const steps = cast(lessOrEqual(x, 0), 'float32');
  assert.throws(() => gradients(reduceSum(neg(steps)), [x]), {
    code: 'SHAPE_MISMATCH',
    message: /no gradient rule/,
    received: 'cast',
  });
});
