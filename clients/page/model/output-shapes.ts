import { broadcast, sizeOf } from '../../../onnx/shape.js';
import {
  type GraphProto,
  type NodeProto,
  TensorProto_DataType,
  type ValueInfoProto,
} from '../../../third_party/onnx/onnx_pb.js';

type Shape = readonly number[];

/**
 * The shape of every value in the graph of a file, for a batch of one. A value behind an operator that is not known
 * here has none.
 */
export function outputShapes(graph: GraphProto): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  const integers = new Map<string, readonly number[]>();
  for (const input of graph.input) shapes.set(input.name, shapeOfInput(input));
  for (const { name, dims, dataType, rawData, int64Data } of graph.initializer) {
    shapes.set(name, dims.map(Number));
    if (dataType !== TensorProto_DataType.INT64) continue;
    integers.set(name, (rawData.length > 0 ? int64s(rawData) : int64Data).map(Number));
  }
  for (const node of graph.node) {
    const inputs = node.input.map((name) => shapes.get(name));
    const constants = node.input.map((name) => integers.get(name));
    const shape = inputs[0] === undefined ? undefined : infer(node, inputs, constants);
    if (shape !== undefined) for (const name of node.output) shapes.set(name, shape);
  }
  return shapes;
}

function infer(
  node: NodeProto,
  inputs: readonly (Shape | undefined)[],
  constants: readonly (readonly number[] | undefined)[],
): Shape | undefined {
  const [x = [], other = []] = inputs;
  const attribute = attributesOf(node);
  switch (node.opType) {
    case 'Conv':
      return [x[0]!, other[0]!, ...windowed(x, attribute('kernel_shape'), attribute)];
    case 'MaxPool':
    case 'AveragePool':
      return [x[0]!, x[1]!, ...windowed(x, attribute('kernel_shape'), attribute)];
    case 'BatchNormalization':
    case 'QuantizeLinear':
    case 'DequantizeLinear':
      return x;
    case 'GlobalAveragePool':
      return [x[0]!, x[1]!, ...x.slice(2).map(() => 1)];
    case 'Gemm':
      return [x[attribute('transA')?.[0] ? 1 : 0]!, other[attribute('transB')?.[0] ? 0 : 1]!];
    case 'MatMul':
      return [...x.slice(0, -1), other.at(-1)!];
    case 'Reshape':
      return constants[1] && reshaped(x, constants[1]);
    case 'Transpose':
      return attribute('perm')?.map((axis) => x[axis]!);
    case 'Slice':
      return sliced(x, constants.slice(1));
    case 'Pad':
      return (
        constants[1] && x.map((size, axis) => size + constants[1]![axis]! + constants[1]![axis + x.length]!)
      );
    case 'Concat':
      return concatenated(inputs, attribute('axis')?.[0] ?? 0);
    case 'ReduceSum':
    case 'ReduceMean':
      return reduced(x, constants[1], attribute('keepdims')?.[0] !== 0);
    case 'Expand':
      return constants[1];
    default:
      return elementwise.has(node.opType) ? stretched(inputs) : undefined;
  }
}

/** As large as their inputs are together by numpy's rule. */
const elementwise: ReadonlySet<string> = new Set(
  `Abs Add Cast Clip Div Elu Erf Exp Greater HardSigmoid Identity LRN LeakyRelu Less Log LogSoftmax Max Min Mul
  Neg Not Pow Relu Sigmoid Sign Softmax Sqrt Sub Tanh Where`.split(/\s+/),
);

type Attributes = (name: string) => readonly number[] | undefined;

function attributesOf(node: NodeProto): Attributes {
  return (name) => {
    const found = node.attribute.find((attribute) => attribute.name === name);
    return found && (found.ints.length > 0 ? found.ints.map(Number) : [Number(found.i)]);
  };
}

/** Sizes behind a convolution or a pool, axis by axis. */
function windowed(x: Shape, kernel: readonly number[] | undefined, attribute: Attributes): number[] {
  const [strides, pads, dilations] = ['strides', 'pads', 'dilations'].map(attribute);
  return x.slice(2).map((size, axis) => {
    const padded = size + (pads?.[axis] ?? 0) + (pads?.[axis + x.length - 2] ?? 0);
    const reach = (dilations?.[axis] ?? 1) * ((kernel?.[axis] ?? 1) - 1) + 1;
    return Math.floor((padded - reach) / (strides?.[axis] ?? 1)) + 1;
  });
}

/** 0 keeps an axis, −1 takes what is left. */
function reshaped(x: Shape, target: readonly number[]): Shape {
  const known = target.map((size, axis) => (size === 0 ? x[axis]! : size));
  const rest = sizeOf(x) / sizeOf(known.filter((size) => size !== -1));
  return known.map((size) => (size === -1 ? rest : size));
}

function sliced(
  x: Shape,
  [starts, ends, axes, steps]: readonly (readonly number[] | undefined)[],
): Shape | undefined {
  if (starts === undefined || ends === undefined) return undefined;
  const result = [...x];
  for (const [at, start] of starts.entries()) {
    const axis = ((axes?.[at] ?? at) + x.length) % x.length;
    const size = x[axis]!;
    const step = steps?.[at] ?? 1;
    if (step < 0) return undefined;
    const bound = (value: number) => Math.min(size, Math.max(0, value < 0 ? value + size : value));
    result[axis] = Math.max(0, Math.ceil((bound(ends[at]!) - bound(start)) / step));
  }
  return result;
}

function concatenated(inputs: readonly (Shape | undefined)[], axis: number): Shape | undefined {
  const known = inputs.filter((shape) => shape !== undefined);
  if (known.length < inputs.length) return undefined;
  const at = (axis + known[0]!.length) % known[0]!.length;
  const total = known.reduce((sum, shape) => sum + shape[at]!, 0);
  return known[0]!.map((size, index) => (index === at ? total : size));
}

function reduced(x: Shape, axes: readonly number[] = x.map((_, axis) => axis), keep: boolean): Shape {
  const gone = new Set(axes.map((axis) => (axis + x.length) % x.length));
  return x.flatMap((size, axis) => (!gone.has(axis) ? [size] : keep ? [1] : []));
}

function stretched(inputs: readonly (Shape | undefined)[]): Shape | undefined {
  let result: Shape = [];
  for (const shape of inputs) {
    if (shape === undefined) return undefined;
    result = broadcast('elementwise', result, shape).map(Number);
  }
  return result;
}

function int64s(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getBigInt64(8 * index, true));
}

/** Sizes that have a name instead of a number are those of the batch. */
function shapeOfInput({ type }: ValueInfoProto): Shape {
  if (type?.value.case !== 'tensorType') return [];
  const dims = type.value.value.shape?.dim ?? [];
  return dims.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : 1));
}
