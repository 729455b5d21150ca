import { fromBinary } from '@bufbuild/protobuf';
import { KilnError } from '../errors/errors.js';
import { type ModelProto, ModelProtoSchema } from '../third_party/onnx/onnx_pb.js';

/**
 * Reads the bytes of an ONNX file.
 *
 * Throws MODEL_INVALID where they are not a whole ModelProto with a graph. Whether a runtime can run the graph is
 * for the runtime to say.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const refuse = (received: string, cause?: unknown) =>
    new KilnError('MODEL_INVALID', {
      expected: 'a whole ONNX file (ModelProto with a graph)',
      received,
      cause,
    });
  if (bytes.length === 0) throw refuse('an empty file');
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw refuse(`${bytes.length} bytes that do not parse as protobuf: cut off, or another format`, cause);
  }
  if (model.graph === undefined || model.graph.node.length === 0)
    throw refuse('a message without graph nodes');
  // It stands behind the graph: a file cut between the two still parses.
  if (model.opsetImport.length === 0) throw refuse('a graph without the operator set it is written in');
  return model;
}
