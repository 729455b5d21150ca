import { type ParameterSummary, parametersOf } from '../../../export/layers.js';
import type { ModelProto, NodeProto } from '../../../third_party/onnx/onnx_pb.js';
import { outputShapes } from './output-shapes.js';

/** One layer as it stands in the file. */
export interface FileLayer {
  /** `conv1` */
  readonly name: string;
  /** ONNX operators in their order, each once, with the window of those that have one: `Conv 5×5`. */
  readonly operators: readonly string[];
  /** What it gives for one picture: [channels, height, width] or [units]; undefined where that is not known. */
  readonly output: readonly number[] | undefined;
  /** Of the tensor that it gives: `conv1/relu` */
  readonly value: string;
  readonly tensors: readonly ParameterSummary[];
  readonly parameters: number;
}

/** The layers of a file in the order of its graph: its scopes, and whatever else holds trained tensors. */
export function layersOf(model: ModelProto): readonly FileLayer[] {
  const { graph } = model;
  if (graph === undefined) return [];
  const shapes = outputShapes(graph);
  const trained = new Map(parametersOf(model).map((tensor) => [tensor.name, tensor]));
  const groups = new Map<string, { nodes: NodeProto[]; tensors: Set<ParameterSummary> }>();
  for (const node of graph.node) {
    if (node.opType === 'Identity') continue; // it only gives an output its name
    const tensors = node.input.flatMap((name) => trained.get(name) ?? []);
    const name = layerName(node, tensors);
    const group = groups.get(name) ?? { nodes: [], tensors: new Set() };
    groups.delete(name); // they stand in the order in which they end: a file of fp16 begins with the weights of all
    groups.set(name, group);
    group.nodes.push(node);
    for (const tensor of tensors) {
      group.tensors.add(tensor);
      trained.delete(tensor.name); // one that several layers share belongs to the first
    }
  }
  return [...groups]
    .filter(([name, { nodes, tensors }]) => tensors.size > 0 || nodes[0]!.name.startsWith(`${name}/`))
    .map(([name, { nodes, tensors }]) => {
      const value = nodes.at(-1)!.output[0] ?? '';
      return {
        name,
        operators: [...new Set(nodes.map(describe))],
        output: shapes.get(value)?.slice(1),
        value,
        tensors: [...tensors],
        parameters: [...tensors].reduce((sum, { parameters }) => sum + parameters, 0),
      };
    });
}

/** Its scope; that of its trained tensors where it has none. */
function layerName({ name }: NodeProto, tensors: readonly ParameterSummary[]): string {
  if (name.includes('/')) return name.split('/', 1)[0]!;
  return tensors[0]?.name.split('/', 1)[0] ?? name;
}

function describe({ opType, attribute }: NodeProto): string {
  const window = attribute.find(({ name }) => name === 'kernel_shape')?.ints;
  return window === undefined ? opType : `${opType} ${window.join('×')}`;
}
