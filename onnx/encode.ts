import { create, toBinary } from '@bufbuild/protobuf';
import { KilnError } from '../errors/errors.js';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../third_party/onnx/onnx_pb.js';
import type { Graph, Node, Value } from './graph.js';
import { liveNodes, lower } from './lowering.js';
import { sizeOf } from './shape.js';
import type { DType, Shape, TensorArray } from './types.js';

/** The newest opset whose kernels run on the GPU everywhere, with an IR version old runtimes read. */
export const opset = 18;
const irVersion = 8;

const elementTypes = {
  float32: TensorProto_DataType.FLOAT,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  uint8: TensorProto_DataType.UINT8,
  bool: TensorProto_DataType.BOOL,
} as const satisfies Record<DType, TensorProto_DataType>;

export interface EncodeOptions {
  readonly name: string;
  /** Values of parameters that become part of the file; the others become inputs of the model. */
  readonly parameters?: ReadonlyMap<string, Float32Array>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producer?: { readonly name: string; readonly version: string };
  readonly docString?: string;
}

/**
 * Lowers a graph and writes it as one self-contained ONNX file.
 *
 * @returns the bytes of a ModelProto; equal graphs and options give equal bytes
 */
export function encodeModel(graph: Graph, options: EncodeOptions): Uint8Array {
  const lowered = lower(graph);
  const tensors = new TensorTable();
  const nodes: NodeProto[] = [];
  const live = liveNodes(lowered);
  const used = new Set<Value>(live.flatMap((node) => node.inputs));
  for (const value of lowered.outputs.values()) used.add(value);

  for (const value of lowered.constants) {
    if (used.has(value) && value.source.kind === 'constant')
      tensors.add(value.name, value.dtype, value.dims, value.source.data);
  }
  const inputs = lowered.inputs.map((value) => valueInfo(value.name, value.dtype, value.shape));
  for (const [name, value] of lowered.parameters) {
    const data = options.parameters?.get(name);
    if (data === undefined) inputs.push(valueInfo(name, value.dtype, value.shape));
    else tensors.add(name, value.dtype, checkedDims(value, data), data);
  }
  for (const node of live) nodes.push(nodeProto(node, used, tensors));
  // A graph output carries the name it was declared under, which is not the name of the node behind it.
  for (const [name, value] of lowered.outputs) {
    nodes.push(
      create(NodeProtoSchema, {
        opType: 'Identity',
        name: `output/${name}`,
        input: [value.name],
        output: [name],
      }),
    );
  }

  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    producerName: options.producer?.name ?? 'onnx-kiln',
    producerVersion: options.producer?.version ?? '',
    docString: options.docString ?? '',
    graph: create(GraphProtoSchema, {
      name: options.name,
      node: nodes,
      initializer: [...tensors.protos],
      input: inputs,
      output: [...lowered.outputs].map(([name, value]) => valueInfo(name, value.dtype, value.shape)),
    }),
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
  });
  return toBinary(ModelProtoSchema, model);
}

function nodeProto(node: Node, used: ReadonlySet<Value>, tensors: TensorTable): NodeProto {
  const form = node.onnx;
  if (form === undefined) throw new TypeError(`${node.operator} has neither an ONNX form nor a lowering`);
  // Only what stands behind the last used output may go: MaxPool's first one is not optional.
  const outputs = node.outputs.slice(0, node.outputs.findLastIndex((output) => used.has(output)) + 1);
  const { floats = {}, ints = {}, strings = {}, trailing = [] } = form;
  return create(NodeProtoSchema, {
    opType: form.type,
    domain: form.domain ?? '',
    name: node.name,
    input: [
      ...node.inputs.map((input) => input.name),
      ...trailing.map((numbers) => tensors.integers(numbers)),
    ],
    output: outputs.map((output) => output.name),
    attribute: [
      ...Object.entries(floats).map(([name, f]) => ({ name, type: AttributeProto_AttributeType.FLOAT, f })),
      ...Object.entries(ints).map(([name, value]) =>
        typeof value === 'number'
          ? { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }
          : { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) },
      ),
      ...Object.entries(strings).map(([name, text]) => ({
        name,
        type: AttributeProto_AttributeType.STRING,
        s: new TextEncoder().encode(text),
      })),
    ].map((attribute) => create(AttributeProtoSchema, attribute)),
  });
}

function valueInfo(name: string, dtype: DType, shape: Shape): ValueInfoProto {
  const dim = shape.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: elementTypes[dtype], shape: { dim } } } },
  });
}

function checkedDims(parameter: Value, data: Float32Array): readonly number[] {
  if (data.length === sizeOf(parameter.dims)) return parameter.dims;
  throw new KilnError('SHAPE_MISMATCH', {
    expected: `${sizeOf(parameter.dims)} elements for ${parameter.name}`,
    received: `${data.length} elements`,
  });
}

/** The constants of a file; equal lists of integers are stored once. */
class TensorTable {
  readonly protos: TensorProto[] = [];
  readonly #integers = new Set<string>();

  add(name: string, dtype: DType, dims: readonly number[], data: TensorArray): void {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    this.protos.push(
      create(TensorProtoSchema, { name, dataType: elementTypes[dtype], dims: dims.map(BigInt), rawData }),
    );
  }

  integers(numbers: readonly number[]): string {
    const name = `ints(${numbers.join(',')})`;
    if (!this.#integers.has(name)) {
      this.#integers.add(name);
      this.add(name, 'int64', [numbers.length], BigInt64Array.from(numbers, BigInt));
    }
    return name;
  }
}
