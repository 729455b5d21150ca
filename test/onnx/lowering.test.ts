import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradients } from '../../onnx/gradients.js';
import { Graph } from '../../onnx/graph.js';
import { lower } from '../../onnx/lowering.js';
import { add, exp, log, lrn, maxPool, mul, neg, reduceSum, relu } from '../../onnx/operators/index.js';
import { float32 } from '../fixtures/numbers.js';
import { floats, runGraph } from '../fixtures/run-graph.js';

const operators = (graph: Graph) => graph.nodes.map((node) => node.operator);

test('equal subexpressions are computed once', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  const y = graph.input('y', 'float32', [2]);
  graph.output('sum', add(mul(exp(x), exp(y)), mul(exp(x), exp(y))));
  assert.equal(graph.nodes.length, 7);
  assert.deepEqual(operators(lower(graph)), ['exp', 'exp', 'mul', 'add']);
});

test('what differs in an operand, its order or an attribute is not taken for equal', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2, 2]);
  graph.output('rows', reduceSum(x, [0]));
  graph.output('columns', reduceSum(x, [1]));
  graph.output('twice', mul(x, 2));
  graph.output('thrice', mul(x, 3));
  assert.equal(lower(graph).nodes.length, 4);
  const outputs = await runGraph(graph, { x: float32([2, 2], Float32Array.of(1, 2, 3, 4)) });
  assert.deepEqual([...floats(outputs, 'rows')], [4, 6]);
  assert.deepEqual([...floats(outputs, 'columns')], [3, 7]);
  assert.deepEqual([...floats(outputs, 'twice')], [2, 4, 6, 8]);
  assert.deepEqual([...floats(outputs, 'thrice')], [3, 6, 9, 12]);
});

test('what no output needs is dropped', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  log(exp(x));
  graph.output('y', neg(x));
  assert.deepEqual(operators(lower(graph)), ['neg']);
});

test('the backward pass of pooling uses the forward pass, not a second one', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 1, 4, 4]);
  const y = maxPool(x, { kernel: [2, 2], strides: [2, 2] });
  const loss = reduceSum(mul(y, y));
  graph.output('loss', loss);
  graph.output('dx', gradients(loss, [x])[0]!);
  assert.equal(operators(lower(graph)).filter((name) => name === 'maxPool').length, 1);
});

test('the backward pass of lrn shares its squares, their mean and their roots', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 4, 2, 2]);
  const y = lrn(x, { size: 3, alpha: 1, beta: 0.75, bias: 1 });
  const count = (name: string) => operators(lower(graph)).filter((operator) => operator === name).length;
  graph.output('y', y);
  assert.deepEqual([count('averagePool'), count('sqrt')], [1, 2]);
  graph.output('dx', gradients(reduceSum(mul(y, y)), [x])[0]!);
  assert.deepEqual([count('averagePool'), count('sqrt')], [2, 2]);
});

test('what an operator is lowered into keeps the scope that it was written in', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 4, 2, 2]);
  const y = graph.scope('block', () =>
    graph.scope('norm1', () => lrn(x, { size: 3, alpha: 1, beta: 0.75, bias: 1 })),
  );
  graph.output('y', relu(y));
  assert.equal(graph.nodes[0]?.name, 'block/norm1/lrn');
  const names = lower(graph).nodes.map((node) => node.name);
  assert.ok(names.length > 5, names.join(', '));
  for (const name of names.slice(0, -1)) assert.match(name, /^block\/norm1\/\w+$/);
  assert.equal(names.at(-1), 'relu');
});

test('an output may have the name that an operator would have taken', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  graph.output('exp', neg(x));
  graph.output('neg', exp(x));
  const outputs = await runGraph(graph, { x: float32([2], Float32Array.of(0, 1)) });
  assert.deepEqual([...floats(outputs, 'exp')], [-0, -1]);
  assert.deepEqual([...floats(outputs, 'neg')], [1, Math.fround(Math.E)]);
});

test('one value under two names, and an input that is an output', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  const y = neg(x);
  graph.output('once', y);
  graph.output('again', y);
  graph.output('same', x);
  const outputs = await runGraph(graph, { x: float32([2], Float32Array.of(3, 4)) });
  assert.deepEqual([...floats(outputs, 'once')], [-3, -4]);
  assert.deepEqual([...floats(outputs, 'again')], [-3, -4]);
  assert.deepEqual([...floats(outputs, 'same')], [3, 4]);
});
