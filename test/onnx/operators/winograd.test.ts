import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradients } from '../../../onnx/gradients.js';
import { Graph, type Value } from '../../../onnx/graph.js';
import { lower } from '../../../onnx/lowering.js';
import { type ConvOptions, conv, mul, reduceSum } from '../../../onnx/operators/index.js';
import { winogradAxis } from '../../../onnx/operators/winograd-axis.js';
import { float32, hashed } from '../../fixtures/numbers.js';
import { floats, runGraph } from '../../fixtures/run-graph.js';

/** One axis in float64, as its matrices say: [outputs] from [inputs] and [taps]. */
function byWinograd(
  axis: ReturnType<typeof winogradAxis>,
  x: readonly number[],
  w: readonly number[],
): number[] {
  const apply = (
    { rows, columns, data }: { rows: number; columns: number; data: Float32Array },
    v: readonly number[],
  ) =>
    Array.from({ length: rows }, (_, row) =>
      v.reduce((sum, value, at) => sum + data[row * columns + at]! * value, 0),
    );
  const [images, weights] = [apply(axis.images, x), apply(axis.weights, w)];
  return apply(
    axis.outputs,
    images.map((value, at) => value * weights[Math.floor(at / axis.tiles)]!),
  );
}

function directly(x: readonly number[], w: readonly number[], before: number, outputs: number): number[] {
  return Array.from({ length: outputs }, (_, at) =>
    w.reduce((sum, weight, tap) => sum + weight * (x[at + tap - before] ?? 0), 0),
  );
}

for (const taps of [1, 2, 3, 4, 5, 7]) {
  test(`an axis of ${taps} taps gives what the convolution gives, whatever its length and padding`, () => {
    for (let inputs = 1; inputs <= 17; inputs += 1) {
      for (const [before, after] of [
        [0, 0],
        [1, 1],
        [2, 0],
        [0, 3],
      ] as const) {
        const outputs = inputs + before + after - taps + 1;
        if (outputs < 1) continue;
        const axis = winogradAxis({ inputs, taps, before, after });
        const [x, w] = [[...hashed([inputs], 1, 1)], [...hashed([taps], 2, 1)]];
        const expected = directly(x, w, before, outputs);
        for (const [at, value] of byWinograd(axis, x, w).entries())
          assert.ok(Math.abs(value - expected[at]!) < 2e-6, `${inputs} inputs, ${before} and ${after} zeros`);
        assert.ok(axis.points * axis.tiles <= outputs * taps, 'never more multiplications');
      }
    }
  });
}

test('known tilings: F(6, 3), F(4, 5) and the transforms of F(2, 3)', () => {
  const of = (outputs: number, taps: number) =>
    winogradAxis({ inputs: outputs + taps - 1, taps, before: 0, after: 0 });
  assert.deepEqual([of(6, 3).points, of(6, 3).tiles], [8, 1]);
  assert.deepEqual([of(12, 5).points, of(12, 5).tiles], [8, 3]);
  const { points, weights, outputs } = of(2, 3);
  assert.equal(points, 4);
  // Lavin and Gray, "Fast algorithms for convolutional neural networks", section 4.1, but for signs that cancel.
  assert.deepEqual([...weights.data].map(Math.abs), [1, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 1]);
  assert.deepEqual([...outputs.data], [1, 1, 1, 0, 0, 1, -1, 1]);
});

type Shape4 = readonly [number, number, number, number];

interface Case extends Required<Pick<ConvOptions, 'padding'>> {
  readonly x: Shape4;
  readonly weights: Shape4;
}

const cases = {
  'deepcnn conv2': { x: [16, 16, 12, 12], weights: [20, 16, 5, 5], padding: 'same' },
  'speednet, the odd last row left out': {
    x: [16, 24, 15, 15],
    weights: [32, 24, 3, 3],
    padding: [1, 1, 0, 0],
  },
  'one tile': { x: [17, 16, 3, 3], weights: [16, 16, 3, 3], padding: 'same' },
  'each side its own': { x: [16, 16, 9, 14], weights: [16, 16, 3, 4], padding: [2, 0, 1, 3] },
  'no padding': { x: [16, 18, 8, 11], weights: [17, 18, 3, 3], padding: 'valid' },
} as const satisfies Record<string, Case>;

/** y, ∂loss/∂x, ∂loss/∂w and ∂loss/∂bias of loss = Σ r · conv(x, w). */
function graphOf({ x, weights, padding }: Case, batch: number): Graph {
  const graph = new Graph();
  const images = graph.input('x', 'float32', [batch, ...x.slice(1)]);
  const [filters, bias] = [
    graph.input('w', 'float32', weights),
    graph.input('bias', 'float32', [weights[0]]),
  ];
  const y = conv(images, filters, { padding, bias });
  const loss = reduceSum(mul(y, graph.input('r', 'float32', y.dims)));
  const outputs: Record<string, Value> = { y };
  [outputs.dx, outputs.dw, outputs.db] = gradients(loss, [images, filters, bias]) as [Value, Value, Value];
  for (const [name, value] of Object.entries(outputs)) graph.output(name, value);
  return graph;
}

const operators = (graph: Graph) => lower(graph).nodes.map(({ operator }) => operator);

const relativeL2 = (actual: Float32Array, expected: Float32Array): number => {
  const squares = (of: (value: number, at: number) => number) =>
    expected.reduce((sum, value, at) => sum + of(value, at) ** 2, 0);
  return Math.sqrt(squares((value, at) => actual[at]! - value) / squares((value) => value));
};

for (const [name, one] of Object.entries<Case>(cases)) {
  test(`by fewer multiplications a batch gives what its pictures give one by one: ${name}`, async () => {
    const [whole, alone] = [graphOf(one, one.x[0]), graphOf(one, 1)];
    assert.ok(operators(whole).includes('broadcastMatMul') && !operators(whole).includes('conv'));
    assert.ok(!operators(alone).includes('broadcastMatMul'), 'control: another way');
    const y = whole.outputs.get('y')!.dims;
    const feeds = {
      x: hashed(one.x, 1, 1),
      r: hashed(y, 2, 1),
      w: hashed(one.weights, 3, 1),
      bias: hashed([one.weights[0]], 4, 1),
    };
    const shared = { w: float32(one.weights, feeds.w), bias: float32([one.weights[0]], feeds.bias) };
    const together = await runGraph(whole, { x: float32(one.x, feeds.x), r: float32(y, feeds.r), ...shared });
    const singles = [];
    for (let picture = 0; picture < one.x[0]; picture += 1) {
      const part = (data: Float32Array, dims: readonly number[]) => {
        const size = data.length / dims[0]!;
        return float32([1, ...dims.slice(1)], data.slice(picture * size, (picture + 1) * size));
      };
      singles.push(await runGraph(alone, { x: part(feeds.x, one.x), r: part(feeds.r, y), ...shared }));
    }
    for (const output of ['y', 'dx', 'dw', 'db']) {
      const parts = singles.map((single) => floats(single, output));
      const expected = output.startsWith('dw') || output === 'db' ? sumOf(parts) : concatenated(parts);
      const difference = relativeL2(floats(together, output), expected);
      assert.ok(difference < 1e-5, `${output} differs by ${difference}`);
      assert.ok(
        relativeL2(
          expected.map((value, at) => value * (at % 2 ? 1 : 1.0001)),
          expected,
        ) > 1e-5,
        'control',
      );
    }
  });
}

test('what would not gain stays an ordinary convolution', () => {
  const isOrdinary = (x: Shape4, weights: Shape4, options: ConvOptions) => {
    const graph = new Graph();
    const images = graph.input('x', 'float32', x);
    graph.output('y', conv(images, graph.input('w', 'float32', weights), options));
    return !operators(graph).includes('broadcastMatMul');
  };
  const [x, weights] = [[16, 16, 12, 12] as const, [16, 16, 3, 3] as const];
  assert.ok(!isOrdinary(x, weights, { padding: 'same' }), 'control');
  assert.ok(isOrdinary([15, 16, 12, 12], weights, { padding: 'same' }), 'a small batch');
  assert.ok(isOrdinary([16, 3, 12, 12], [16, 3, 3, 3], { padding: 'same' }), 'few channels');
  assert.ok(isOrdinary(x, [15, 16, 3, 3], { padding: 'same' }), 'few filters');
  assert.ok(isOrdinary(x, weights, { padding: 'same', strides: [2, 2] }), 'strides');
  assert.ok(isOrdinary(x, weights, { padding: 'same', dilations: [2, 2] }), 'dilations');
  assert.ok(isOrdinary([16, 32, 12, 12], weights, { padding: 'same', groups: 2 }), 'groups');
  assert.ok(isOrdinary(x, [16, 16, 1, 1], {}), 'one tap');
  assert.ok(isOrdinary([16, 16, 96, 96], weights, { padding: 'same' }), 'large maps');
  assert.ok(isOrdinary([16, 16, 12, 12], [16, 16, 9, 9], { padding: 'same' }), 'more taps than points');
});

function sumOf(arrays: readonly Float32Array[]): Float32Array {
  return arrays[0]!.map((_, at) => arrays.reduce((sum, array) => sum + array[at]!, 0));
}

function concatenated(arrays: readonly Float32Array[]): Float32Array {
  return Float32Array.from(arrays.flatMap((array) => [...array]));
}
