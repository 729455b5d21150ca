import { KilnError } from '../errors/errors.js';
import { type ModelProto, type TensorProto, TensorProto_DataType } from '../third_party/onnx/onnx_pb.js';
import { fromFloat16 } from './float16.js';
import { formatShape, sizeOf } from './shape.js';

/** Real numbers that a file holds, as float32. */
export interface Initialiser {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * The float32 and float16 initialisers of a file by name: its weights and constants.
 * @throws MODEL_INVALID where one has not as many numbers as its shape
 */
export function floatInitialisers(model: ModelProto): ReadonlyMap<string, Initialiser> {
  const tensors = (model.graph?.initializer ?? []).flatMap((tensor) => {
    const data = reals(tensor);
    return data === undefined ? [] : [{ name: tensor.name, dims: tensor.dims.map(Number), data }];
  });
  return new Map(
    tensors.map(({ name, dims, data }) => {
      if (data.length !== sizeOf(dims)) {
        throw new KilnError('MODEL_INVALID', {
          expected: `${sizeOf(dims)} numbers for ${name} ${formatShape(dims)}`,
          received: String(data.length),
        });
      }
      return [name, { dims, data }];
    }),
  );
}

function reals({ dataType, rawData, floatData, int32Data }: TensorProto): Float32Array | undefined {
  // A copy of its own, because a view must begin at a multiple of its numbers' size.
  const bytes = (size: number) =>
    Uint8Array.from(rawData.subarray(0, rawData.length - (rawData.length % size))).buffer;
  switch (dataType) {
    case TensorProto_DataType.FLOAT:
      return rawData.length > 0 ? new Float32Array(bytes(4)) : Float32Array.from(floatData);
    case TensorProto_DataType.FLOAT16:
      return fromFloat16(rawData.length > 0 ? new Uint16Array(bytes(2)) : Uint16Array.from(int32Data));
    default:
      return undefined;
  }
}
