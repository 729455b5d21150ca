import type { GraphProto, NodeProto } from '../../third_party/onnx/onnx_pb.js';
import { TensorProto_DataType } from '../../third_party/onnx/onnx_pb.js';

/** A convolution or matrix product of something computed with weights of the file: where the bytes and the time are. */
export interface Product {
  readonly node: NodeProto;
  /** Name of the value that the weights are applied to. */
  readonly activation: string;
  /** Names of float32 initialisers. */
  readonly weights: string;
  /** The axis of the weights that counts the output's channels; undefined where one scale must do for all. */
  readonly axis: number | undefined;
  readonly bias: string | undefined;
}

type ChannelAxis = (node: NodeProto, rank: number) => Pick<Product, 'axis'> | undefined;

/** The operators that are products, each with its rule; undefined for one that does something besides. */
const channelAxes: Readonly<Record<string, ChannelAxis>> = {
  Conv: () => ({ axis: 0 }),
  Gemm: (node) => {
    if (integer(node, 'transA') !== 0 || !isPlain(node)) return undefined;
    return { axis: integer(node, 'transB') === 1 ? 0 : 1 };
  },
  // For a stack of matrices ONNX Runtime's integer product knows one scale only.
  MatMul: (_, rank) => ({ axis: rank === 2 ? 1 : undefined }),
};

/** Every product whose weights (and bias, where it has one) are float32 initialisers, in the order of the graph. */
export function productsOf(graph: GraphProto): readonly Product[] {
  const tensors = new Map(
    graph.initializer
      .filter(({ dataType }) => dataType === TensorProto_DataType.FLOAT)
      .map((tensor) => [tensor.name, tensor]),
  );
  return graph.node.flatMap((node) => {
    const [activation, second, third] = node.input;
    const weights = tensors.get(second ?? '');
    const bias = tensors.get(third ?? '');
    if (activation === undefined || tensors.has(activation) || weights === undefined) return [];
    if (third !== undefined && bias === undefined) return [];
    const rule = channelAxes[node.opType]?.(node, weights.dims.length);
    return rule === undefined ? [] : [{ node, activation, weights: weights.name, bias: bias?.name, ...rule }];
  });
}

function integer(node: NodeProto, name: string): number {
  return Number(node.attribute.find((attribute) => attribute.name === name)?.i ?? 0n);
}

/** Gemm's factors alpha and beta, which are 1 where they are not written. */
function isPlain(node: NodeProto): boolean {
  return node.attribute.every(({ name, f }) => (name !== 'alpha' && name !== 'beta') || f === 1);
}
