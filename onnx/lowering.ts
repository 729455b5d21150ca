import { Graph, type Node, specOf, type Value } from './graph.js';
import { rotate } from './operators/layout.js';
import { layoutChange } from './places-first.js';

/** The nodes from which an output is computed, in order. What nothing uses is left behind. */
export function liveNodes(graph: Graph): readonly Node[] {
  const needed = new Set<Value>(graph.outputs.values());
  const live: Node[] = [];
  for (const node of graph.nodes.slice().reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    live.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  return live.reverse();
}

/**
 * The same computation in operators that an ONNX file may hold: semantic operators are replaced by their lowerings,
 * equal subexpressions are computed once, and what no output needs is gone.
 */
export function lower(graph: Graph): Graph {
  const lowered = rewrite(graph, new Graph({ lowered: true }));
  return rewrite(lowered, new Graph({ lowered: true }), layoutByTransposition);
}

/** A change of layout that is left is a transposition. */
function layoutByTransposition({ operator }: Node, [x]: readonly Value[]): readonly Value[] | undefined {
  return operator in layoutChange ? [rotate(x!, 2)] : undefined;
}

/** What stands for a node's outputs in the new graph, given the new inputs; undefined: the same node. */
export type Replacement = (
  node: Node,
  inputs: readonly Value[],
  graph: Graph,
) => readonly Value[] | undefined;

/** Copies what the outputs need into an empty graph, node by node, each as it is or as `replace` has it. */
export function rewrite(graph: Graph, empty: Graph, replace: Replacement = () => undefined): Graph {
  const counterpart = new Map<Value, Value>();
  for (const input of graph.inputs) {
    counterpart.set(input, empty.input(input.name, input.dtype, input.shape));
  }
  for (const [name, value] of graph.parameters) {
    counterpart.set(value, empty.parameter(name, value.dims, specOf(value)));
  }
  for (const name of graph.outputs.keys()) empty.reserve(name);
  const translate = (value: Value): Value => {
    let result = counterpart.get(value);
    if (result === undefined && value.source.kind === 'constant') {
      const { data } = value.source;
      result =
        value.rank === 0 && data instanceof Float32Array
          ? empty.scalar(data[0]!)
          : empty.constant(value.dtype, value.dims, data, baseName(value.name));
      counterpart.set(value, result);
    }
    return result!;
  };
  for (const node of liveNodes(graph)) {
    const inputs = node.inputs.map(translate);
    const outputs = inScopeOf(node, empty, () => replace(node, inputs, empty) ?? node.replay(inputs));
    for (const [index, output] of outputs.entries()) counterpart.set(node.outputs[index]!, output);
  }
  for (const [name, value] of graph.outputs) empty.output(name, translate(value));
  return empty;
}

/** conv1/relu is lowered into nodes whose names begin with conv1/ too. */
function inScopeOf<T>(node: Node, graph: Graph, build: () => T): T {
  const path = node.name.split('/').slice(0, -1);
  return path.reduceRight<() => T>((inner, name) => () => graph.scope(name, inner), build)();
}

function baseName(name: string): string {
  return name.split('/').at(-1)!;
}
