import { Graph, type Node, type Value } from '../onnx/graph.js';
import { liveNodes, rewrite } from '../onnx/lowering.js';
import { conv } from '../onnx/operators/index.js';

/** Values of parameters by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** A batch normalisation that a convolution can take over. */
interface Fold {
  readonly convolution: Node;
  readonly weights: string;
  /** Names of the normalisation's parameters. */
  readonly mean: string;
  readonly variance: string;
  readonly bias: string;
  readonly epsilon: number;
}

/**
 * Makes batch normalisations part of the convolutions before them: (conv(x, W) − mean) / σ + b is
 * conv(x, W / σ) + b − mean / σ, and a max pool between the two changes nothing, because σ is positive. A convolution
 * that has a bias, or an answer or parameters that something else needs too, keeps its normalisation.
 *
 * The new bias keeps the name of the normalisation's. So the file's weights fit the network as it was, with statistics
 * of mean 0 and variance 1: what can be trained stays trainable.
 */
export function foldNormalisation(graph: Graph, weights: Weights): { graph: Graph; weights: Weights } {
  const folds = findFolds(graph);
  const byConvolution = new Map(Array.from(folds.values(), (fold) => [fold.convolution, fold]));
  const folded = rewrite(graph, new Graph(), (node, inputs, target) => {
    if (folds.has(node)) return [inputs[0]!];
    const fold = byConvolution.get(node);
    return (
      fold && [conv(inputs[0]!, inputs[1]!, { ...windowOf(node), bias: target.parameters.get(fold.bias)! })]
    );
  });
  const values = new Map(weights);
  for (const fold of new Map(Array.from(folds.values(), (each) => [each.weights, each])).values()) {
    const scale = weights.get(fold.variance)!.map((variance) => 1 / Math.sqrt(variance + fold.epsilon));
    const mean = weights.get(fold.mean)!;
    values.set(fold.weights, scaledFilters(weights.get(fold.weights)!, scale));
    values.set(
      fold.bias,
      weights.get(fold.bias)!.map((bias, channel) => bias - mean[channel]! * scale[channel]!),
    );
    for (const statistic of [fold.mean, fold.variance]) {
      values.delete(statistic);
      folded.parameters.delete(statistic);
    }
  }
  return { graph: folded, weights: values };
}

function findFolds(graph: Graph): ReadonlyMap<Node, Fold> {
  const nodes = liveNodes(graph);
  const uses = new Map<Value, number>();
  for (const input of [...nodes.flatMap((node) => node.inputs), ...graph.outputs.values()])
    uses.set(input, (uses.get(input) ?? 0) + 1);
  const folds = new Map<Node, Fold>();
  for (const node of nodes) {
    if (node.operator !== 'normalise' || node.inputs.length !== 4) continue; // a scale stays
    const [x, ...parameters] = node.inputs;
    const convolution = convolutionBehind(x!, uses);
    const [mean, variance, bias] = parameters.map(parameterName);
    const weights = convolution && parameterName(convolution.inputs[1]!);
    if (!convolution || !weights || !mean || !variance || !bias) continue;
    folds.set(node, { convolution, weights, mean, variance, bias, epsilon: Number(node.attributes.epsilon) });
  }
  return withoutSharers(folds, graph, uses);
}

/** The folds whose parameters nothing else needs as they are; views of one picture share theirs with equal folds. */
function withoutSharers(
  folds: ReadonlyMap<Node, Fold>,
  graph: Graph,
  uses: ReadonlyMap<Value, number>,
): ReadonlyMap<Node, Fold> {
  const keyOf = ({ convolution: _, ...rest }: Fold) => JSON.stringify(rest);
  const equals = new Map<string, number>();
  for (const fold of folds.values()) equals.set(keyOf(fold), (equals.get(keyOf(fold)) ?? 0) + 1);
  const isAlone = (fold: Fold) =>
    [fold.weights, fold.mean, fold.variance, fold.bias].every(
      (name) => uses.get(graph.parameters.get(name)!) === equals.get(keyOf(fold)),
    );
  return new Map([...folds].filter(([, fold]) => isAlone(fold)));
}

/** The convolution without a bias whose answer, pooled or not, is x and is needed nowhere else. */
function convolutionBehind(x: Value, uses: ReadonlyMap<Value, number>): Node | undefined {
  if (x.source.kind !== 'node' || uses.get(x) !== 1) return undefined;
  const { node } = x.source;
  if (node.operator === 'maxPool') return convolutionBehind(node.inputs[0]!, uses);
  return node.operator === 'conv' && node.inputs.length === 2 ? node : undefined;
}

function parameterName(value: Value): string | undefined {
  return value.source.kind === 'parameter' ? value.name : undefined;
}

/** A convolution's attributes as `conv` takes them. */
function windowOf({ attributes }: Node) {
  const { strides, pads, dilations, groups } = attributes as unknown as {
    strides: readonly [number, number];
    pads: readonly [number, number, number, number];
    dilations: readonly [number, number];
    groups: number;
  };
  return { strides, padding: pads, dilations, groups };
}

/** Each filter of [filters, …] times its own number. */
function scaledFilters(filters: Float32Array, scale: Float32Array): Float32Array {
  const size = filters.length / scale.length;
  return filters.map((weight, index) => weight * scale[Math.floor(index / size)]!);
}
