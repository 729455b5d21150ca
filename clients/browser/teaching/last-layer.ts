import { KilnError } from '../../../errors/errors.js';
import type { Network } from '../../../networks/network.js';
import { Graph, type Node, specOf, type Value } from '../../../onnx/graph.js';
import { flatten } from '../../../onnx/operators/index.js';
import type { Dim } from '../../../onnx/types.js';
import { declaredParameters } from '../../../train/parameters.js';

/** A network cut before its last fully connected layer. */
export interface CutNetwork {
  /** Pictures to features: input `images` float32 [batch, channels, height, width], output `features` [batch, n]. */
  readonly features: Graph;
  /**
   * Features to logits, as a network of its own, so that it is trained like any other: its images are features
   * [batch, n, 1, 1], its parameters keep their names.
   */
  readonly head: Network;
  /** Names of the head's parameters. */
  readonly parameters: readonly string[];
}

/** @throws PART_INVALID where no fully connected layer of its own weights stands between pictures and logits */
export function cutBeforeLastLayer(network: Network, classes: number): CutNetwork {
  const whole = forwardGraph(network, classes, 'batch');
  const cut = lastLayer(whole, network.name).inputs[0]!;
  const features = new Graph();
  const images = features.input('images', 'float32', whole.inputs[0]!.shape);
  features.output('features', copy(cut, new Map([[whole.inputs[0]!, images]]), features));
  const head: Network = {
    ...network,
    name: `last layer of ${network.name}`,
    input: { channels: cut.size(1), height: 1, width: 1 },
    forward(graph, rows, count) {
      const original = forwardGraph(network, count, rows.shape[0]!);
      const begin = lastLayer(original, network.name).inputs[0]!;
      return copy(original.outputs.get('logits')!, new Map([[begin, flatten(rows)]]), graph);
    },
  };
  return { features, head, parameters: [...declaredParameters(head, classes).keys()] };
}

function forwardGraph(network: Network, classes: number, batch: Dim): Graph {
  const graph = new Graph();
  const { channels, height, width } = network.input;
  const images = graph.input('images', 'float32', [batch, channels, height, width]);
  graph.output('logits', network.forward(graph, images, classes, 'inference'));
  return graph;
}

function lastLayer({ nodes }: Graph, name: string): Node {
  const layer = nodes.findLast(
    ({ operator, inputs }) => operator === 'gemm' && inputs[1]!.source.kind === 'parameter',
  );
  if (layer !== undefined) return layer;
  throw new KilnError('PART_INVALID', {
    expected: 'a network with a fully connected layer before its logits',
    received: `${name}, which has none`,
  });
}

/**
 * Adds to `graph` what computes a value of another graph, parameters under the names that they have there.
 * @param known values of the other graph that have a counterpart already; it is added to
 */
function copy(value: Value, known: Map<Value, Value>, graph: Graph): Value {
  const there = known.get(value);
  if (there !== undefined) return there;
  const { source, name, dtype } = value;
  switch (source.kind) {
    case 'input':
      throw new TypeError(`${name} is an input of the other graph`);
    case 'parameter':
      known.set(value, graph.parameter(name, value.dims, specOf(value)));
      break;
    case 'constant':
      known.set(value, graph.constant(dtype, value.dims, source.data));
      break;
    case 'node': {
      const { node } = source;
      const outputs = node.replay(node.inputs.map((input) => copy(input, known, graph)));
      for (const [index, output] of outputs.entries()) known.set(node.outputs[index]!, output);
    }
  }
  return known.get(value)!;
}
