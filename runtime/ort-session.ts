import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-web';
import type { ArrayTypes, DType, Tensor } from '../onnx/types.js';
import type { Provider } from './classifier.js';
import type { FailedProvider, Session } from './session.js';

/**
 * What kiln uses of an ONNX Runtime module. onnxruntime-node and onnxruntime-web both have it (and share its
 * types), but each has a Tensor class of its own.
 */
export interface OrtModule {
  readonly Tensor: TensorConstructor;
}

/** Element types that cross the border: their array here. ONNX Runtime's names for them are the same words. */
const arrays = {
  float32: Float32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies { [T in DType & OrtTensor.Type]: new (length: number) => ArrayTypes[T] };

/** Dresses an ONNX Runtime session, of whichever package, in kiln's contract. */
export function wrapSession(
  ort: OrtModule,
  session: InferenceSession,
  provider: Provider,
  failed: readonly FailedProvider[] = [],
): Session {
  return {
    provider,
    failed,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, fetches = session.outputNames) {
      const inputs: Record<string, OrtTensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(ort, tensor);
      const outputs = await session.run(inputs, fetches);
      const results: Record<string, Tensor> = {};
      for (const name of fetches) results[name] = fromOrt(name, outputs[name]);
      return results;
    },
    release: () => session.release(),
  };
}

function toOrt(ort: OrtModule, tensor: Tensor): OrtTensor {
  return new ort.Tensor(tensor.dtype, tensor.data, tensor.dims);
}

function fromOrt(name: string, tensor: OrtTensor | undefined): Tensor {
  if (tensor === undefined) throw new TypeError(`the session returned no output ${name}`);
  const { type, data, dims } = tensor;
  if (isDType(type) && isArrayOf(type, data)) return { dtype: type, dims, data };
  throw new TypeError(`output ${name} is ${type}, expected one of ${Object.keys(arrays).join(', ')}`);
}

function isDType(type: string): type is DType {
  return Object.hasOwn(arrays, type);
}

function isArrayOf<T extends DType>(type: T, data: unknown): data is ArrayTypes[T] {
  return data instanceof arrays[type];
}
