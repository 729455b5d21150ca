import { create } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from '../../third_party/onnx/onnx_pb.js';

/** Stored numbers; 16 bits are those of a float16. */
type Numbers = Float32Array | Uint16Array | Uint8Array | Int8Array | Int32Array;

const elementTypes = [
  [Float32Array, TensorProto_DataType.FLOAT],
  [Uint16Array, TensorProto_DataType.FLOAT16],
  [Uint8Array, TensorProto_DataType.UINT8],
  [Int8Array, TensorProto_DataType.INT8],
  [Int32Array, TensorProto_DataType.INT32],
] as const;

/** A tensor that a file holds. */
export function initialiser(name: string, dims: readonly number[], data: Numbers): TensorProto {
  const dataType = elementTypes.find(([array]) => data instanceof array)![1];
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData });
}

/** A node that is called like the one value that it gives. */
export function node(
  opType: string,
  input: readonly string[],
  output: string,
  integers: Readonly<Record<string, number>> = {},
): NodeProto {
  const attribute = Object.entries(integers).map(([name, value]) =>
    create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }),
  );
  return create(NodeProtoSchema, { opType, name: output, input: [...input], output: [output], attribute });
}

/** The same node with other names among its inputs. */
export function withInputs(original: NodeProto, rename: (name: string) => string): NodeProto {
  return create(NodeProtoSchema, { ...original, input: original.input.map(rename) });
}

/** The same model with other nodes, initialisers or outputs. */
export function withGraph(
  model: ModelProto,
  change: (graph: GraphProto) => Partial<Pick<GraphProto, 'node' | 'initializer' | 'output'>>,
): ModelProto {
  const graph = model.graph ?? create(GraphProtoSchema);
  return create(ModelProtoSchema, {
    ...model,
    graph: create(GraphProtoSchema, { ...graph, ...change(graph) }),
  });
}

/** The same model with these entries for its metadata. */
export function withMetadata(model: ModelProto, entries: Readonly<Record<string, string>>): ModelProto {
  const metadataProps = Object.entries(entries).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  return create(ModelProtoSchema, { ...model, metadataProps });
}
