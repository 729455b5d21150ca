import { KilnError } from '../errors/errors.js';
import type { Node, Value } from './graph.js';
import { add } from './operators/elementwise.js';
import { formatShape } from './shape.js';

/**
 * Reverse-mode differentiation: adds to the graph of `loss` the operators that compute ∂loss/∂target.
 *
 * @param loss float32 scalar, shape []
 * @param targets parameters, inputs or intermediate values of the same graph
 * @returns one value a target, of the target's shape; throws where the loss does not depend on a target
 */
export function gradients(loss: Value, targets: readonly Value[]): readonly Value[] {
  if (loss.rank !== 0) {
    throw new KilnError('SHAPE_MISMATCH', {
      expected: 'a scalar loss, shape []',
      received: formatShape(loss.shape),
    });
  }
  const graph = loss.graph;
  const dependent = dependents(graph.nodes, targets);
  const total = new Map<Value, Value>([[loss, graph.scalar(1)]]);

  return graph.scope('gradients', () => {
    for (const node of graph.nodes.slice().reverse()) {
      const output = node.outputs[0]!;
      const gradient = total.get(output);
      if (gradient === undefined || !dependent.has(output)) continue;
      if (node.backward === undefined) {
        throw new KilnError('SHAPE_MISMATCH', {
          message: 'A gradient reached an operator that has no gradient rule.',
          expected: 'differentiable operators between the loss and its targets',
          received: node.operator,
        });
      }
      for (const [index, backward] of node.backward(gradient).entries()) {
        const input = node.inputs[index]!;
        if (backward === undefined || !dependent.has(input)) continue;
        const soFar = total.get(input);
        const contribution = backward();
        total.set(input, soFar === undefined ? contribution : add(soFar, contribution));
      }
    }
    return targets.map((target) => {
      const gradient = total.get(target);
      if (gradient !== undefined) return gradient;
      throw new KilnError('SHAPE_MISMATCH', {
        message: 'The loss does not depend on a target of the differentiation.',
        expected: 'a value from which the loss is computed through differentiable operators',
        received: target.name,
      });
    });
  });
}

/** The targets and every value computed from one: gradients towards anything else are never asked for. */
function dependents(nodes: readonly Node[], targets: readonly Value[]): ReadonlySet<Value> {
  const reached = new Set(targets);
  for (const node of nodes) {
    if (node.inputs.some((input) => reached.has(input)))
      for (const output of node.outputs) reached.add(output);
  }
  return reached;
}
