import { create, toBinary } from '@bufbuild/protobuf';
import {
  type ModelProto,
  ModelProtoSchema,
  ValueInfoProtoSchema,
} from '../../../third_party/onnx/onnx_pb.js';

/**
 * The file with further values of its graph as outputs, under the names that they have inside. Their types and shapes
 * are left for the runtime to find.
 *
 * @param values names of values that the graph computes; what is an output already stays one
 * @returns the bytes of a ModelProto
 */
export function withOutputs(model: ModelProto, values: readonly string[]): Uint8Array {
  const { graph } = model;
  if (graph === undefined) throw new TypeError('the model has no graph');
  const known = new Set(graph.output.map(({ name }) => name));
  const added = [...new Set(values)]
    .filter((name) => !known.has(name))
    .map((name) => create(ValueInfoProtoSchema, { name }));
  return toBinary(ModelProtoSchema, { ...model, graph: { ...graph, output: [...graph.output, ...added] } });
}
