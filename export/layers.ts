import type { Network } from '../networks/network.js';
import { Graph, roleOf, type Value } from '../onnx/graph.js';
import { sizeOf } from '../onnx/shape.js';
import { type ModelProto, TensorProto_DataType } from '../third_party/onnx/onnx_pb.js';

const realTypes: ReadonlySet<number> = new Set([TensorProto_DataType.FLOAT, TensorProto_DataType.FLOAT16]);

/** One trained tensor. */
export interface ParameterSummary {
  /** `conv1/weights` */
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameters: number;
}

/** One layer of a network, as its scope names it. */
export interface LayerSummary {
  /** `conv1` */
  readonly name: string;
  /** What it gives for one picture: [channels, height, width] or [units]. */
  readonly output: readonly number[];
  readonly tensors: readonly ParameterSummary[];
  readonly parameters: number;
  /** Multiply-adds for one picture. */
  readonly multiplyAdds: number;
}

export interface NetworkSummary {
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/**
 * A network's layers in the order of its page. What stands in no scope is a layer of its own, or nothing where it
 * neither learns nor multiplies (an activation, a reshape).
 */
export function summariseNetwork(network: Network, classes: number): NetworkSummary {
  const graph = new Graph();
  const { channels, height, width } = network.input;
  network.forward(
    graph,
    graph.input('images', 'float32', [1, channels, height, width]),
    classes,
    'inference',
  );
  const layers = new Map<string, LayerSummary>();
  const scopes = new Set<string>();
  const seen = new Set<Value>();
  for (const node of graph.nodes) {
    const name = node.name.split('/', 1)[0]!;
    if (name !== node.name) scopes.add(name);
    // A tensor that several operators share belongs to the first of them.
    const fresh = node.inputs.filter((input) => !seen.has(input));
    for (const input of fresh) seen.add(input);
    const before = layers.get(name);
    const tensors = [...(before?.tensors ?? []), ...fresh.flatMap(parameterOf)];
    layers.set(name, {
      name,
      output: node.outputs[0]!.dims.slice(1),
      tensors,
      parameters: total(tensors),
      multiplyAdds: (before?.multiplyAdds ?? 0) + node.multiplyAdds,
    });
  }
  const list = [...layers.values()].filter(
    (layer) => scopes.has(layer.name) || layer.parameters + layer.multiplyAdds > 0,
  );
  return {
    layers: list,
    parameters: total(list),
    multiplyAdds: list.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}

/**
 * The trained tensors of a file: its initialisers of real numbers that have a shape (the others are constants), and
 * integers that stand for real numbers (their scales are none).
 */
export function parametersOf(model: ModelProto): readonly ParameterSummary[] {
  const scaled = (model.graph?.node ?? []).filter(({ opType }) => opType === 'DequantizeLinear');
  const integers = new Set(scaled.map(({ input }) => input[0]));
  const grids = new Set(scaled.flatMap(({ input }) => input.slice(1)));
  return (model.graph?.initializer ?? [])
    .filter(
      ({ name, dataType, dims }) =>
        dims.length > 0 && !grids.has(name) && (realTypes.has(dataType) || integers.has(name)),
    )
    .map(({ name, dims }) => {
      const shape = dims.map(Number);
      return { name, shape, parameters: sizeOf(shape) };
    });
}

function parameterOf(value: Value): ParameterSummary[] {
  if (value.source.kind !== 'parameter' || roleOf(value).kind === 'statistic') return [];
  return [{ name: value.name, shape: value.dims, parameters: sizeOf(value.dims) }];
}

function total(items: readonly { readonly parameters: number }[]): number {
  return items.reduce((sum, { parameters }) => sum + parameters, 0);
}
