import { floatInitialisers } from '../../onnx/initialisers.js';
import type { GraphProto, ModelProto } from '../../third_party/onnx/onnx_pb.js';
import type { Range } from './affine.js';
import { type Product, productsOf } from './products.js';
import { withGraph, withInputs } from './proto-parts.js';
import { QuantisedGraph } from './quantised-graph.js';

/**
 * The values of a graph that are to be quantised: what goes into its products, and what comes out of its convolutions.
 * ONNX Runtime has integer convolutions only with integers on both sides; its matrix products may give float32.
 */
export function quantisedValues({ graph }: ModelProto): readonly string[] {
  if (graph === undefined) return [];
  const products = productsOf(graph);
  const activations = products.map(({ activation }) => activation);
  return [...new Set([...activations, ...convolutionResults(graph, products)])];
}

/**
 * The same model with every product between DequantizeLinear and QuantizeLinear nodes (QDQ), from which each runtime
 * makes the integer kernels that it has.
 *
 * @param ranges of all `quantisedValues`
 */
export function quantise(model: ModelProto, ranges: ReadonlyMap<string, Range>): ModelProto {
  return withGraph(model, (graph) => {
    const products = new Map(productsOf(graph).map((product) => [product.node, product]));
    const results = convolutionResults(graph, [...products.values()]);
    const writer = new QuantisedGraph(ranges, floatInitialisers(model));
    for (const original of graph.node) {
      const product = products.get(original);
      writer.nodes.push(
        product === undefined
          ? withInputs(original, (name) => (results.has(name) ? writer.round(name) : name))
          : writer.product(product),
      );
    }
    const used = new Set(writer.nodes.flatMap(({ input }) => input));
    const kept = graph.initializer.filter(({ name }) => used.has(name) && !writer.tensors.has(name));
    return { node: writer.nodes, initializer: [...writer.tensors.values(), ...kept] };
  });
}

/** A ReLU behind a convolution belongs to it: the lower end of the grid does its work. */
function convolutionResults(graph: GraphProto, products: readonly Product[]): ReadonlySet<string> {
  return new Set(
    products
      .filter(({ node: { opType } }) => opType === 'Conv')
      .map(({ node: { output } }) => {
        const [next, ...others] = graph.node.filter(({ input }) => input.includes(output[0]!));
        return next?.opType === 'Relu' && others.length === 0 ? next.output[0]! : output[0]!;
      }),
  );
}
