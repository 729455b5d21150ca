import { KilnError } from '../../errors/errors.js';
import { largestFloat16, toFloat16 } from '../../onnx/float16.js';
import { floatInitialisers } from '../../onnx/initialisers.js';
import { type ModelProto, TensorProto_DataType } from '../../third_party/onnx/onnx_pb.js';
import { initialiser, node, withGraph, withInputs } from './proto-parts.js';

/** Numbers of a tensor from which on half of its bytes are more than its Cast takes. */
const worthwhile = 256;

/**
 * The same model with its weights stored as float16, each followed by a Cast back to float32. ONNX Runtime folds the
 * Casts when it loads the file and then computes in float32, as fast as before and on every device; arithmetic in
 * float16 would gain nothing on a CPU, where ONNX Runtime converts around most operators. Small tensors, such as
 * biases, stay as they are.
 *
 * @throws KilnError EXPORT_ACCURACY naming a weight that is not finite in float16
 */
export function halveWeights(model: ModelProto): ModelProto {
  const weights = new Map([...floatInitialisers(model)].filter(([, { data }]) => data.length >= worthwhile));
  const widened = new Map(Array.from(weights.keys(), (name) => [name, `${name}/float32`]));
  const casts = Array.from(widened, ([name, output]) =>
    node('Cast', [name], output, { to: TensorProto_DataType.FLOAT }),
  );
  return withGraph(model, (graph) => ({
    initializer: graph.initializer.map((tensor) => {
      const data = weights.get(tensor.name)?.data;
      if (data === undefined) return tensor;
      requireInRange(tensor.name, data);
      return initialiser(tensor.name, tensor.dims.map(Number), toFloat16(data));
    }),
    node: [
      ...casts,
      ...graph.node.map((original) => withInputs(original, (name) => widened.get(name) ?? name)),
    ],
  }));
}

function requireInRange(name: string, weights: Float32Array): void {
  const outside = weights.find((weight) => !(Math.abs(weight) <= largestFloat16));
  if (outside === undefined) return;
  throw new KilnError('EXPORT_ACCURACY', {
    message: 'float16 cannot hold the weights.',
    expected: `weights from -${largestFloat16} to ${largestFloat16}`,
    received: `${outside} in ${name}`,
  });
}
