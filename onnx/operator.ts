import type { Attributes, Backward, OnnxForm, Value } from './graph.js';
import { movedAxes, operandsPlacesFirst, placesLast } from './places-first.js';
import type { TensorType } from './types.js';

/** What a rule of an operator is given: the operands and the attributes of one application. */
export interface Application<A> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: A;
}

/**
 * Everything there is to know of one operator, side by side: shape rule, gradient rule, and either its form in an
 * ONNX file or its lowering into other operators.
 */
export interface Operator<A> {
  readonly name: string;
  /** Checks the operands (a wrong shape throws here, where it was written) and gives the results' types. */
  infer(inputs: readonly Value[], attributes: A): readonly TensorType[];
  /** One entry an input, for the gradient that reaches the first output. Absent: no gradient flows. */
  gradient?(application: Application<A>, gradient: Value): readonly Backward[];
  onnx?(attributes: A, inputs: readonly Value[]): OnnxForm;
  lower?(inputs: readonly Value[], attributes: A): readonly Value[];
  /**
   * The attributes with which the operator does to [H, W, B, C] what it does to [B, C, H, W] with these
   * (places-first.ts); undefined where it cannot. Absent: it never can.
   */
  placesFirst?(attributes: A): A | undefined;
  multiplyAdds?(inputs: readonly Value[], outputs: readonly TensorType[], attributes: A): number;
}

/** Turns a description into the function that applies the operator. */
export function defineOperator<A extends Attributes>(operator: Operator<A>) {
  const apply = (inputs: readonly Value[], attributes: A): readonly Value[] => {
    const graph = inputs[0]!.graph;
    const types = operator.infer(inputs, attributes);
    if (graph.lowered && operator.lower !== undefined) return operator.lower(inputs, attributes);
    const moved = graph.lowered ? applyPlacesFirst(inputs, attributes) : undefined;
    if (moved !== undefined) return moved;
    const gradient = operator.gradient?.bind(operator);
    const outputs: readonly Value[] = graph.add({
      operator: operator.name,
      inputs,
      types,
      attributes,
      key: `${operator.name}${JSON.stringify(attributes)}`,
      multiplyAdds: operator.multiplyAdds?.(inputs, types, attributes) ?? 0,
      onnx: operator.onnx?.(attributes, inputs),
      backward: gradient && ((dy) => gradient({ inputs, outputs, attributes }, dy)),
      replay: (others) => apply(others, attributes),
    });
    return outputs;
  };
  const applyPlacesFirst = (inputs: readonly Value[], attributes: A): readonly Value[] | undefined => {
    const moved = operator.placesFirst?.(attributes);
    const operands = moved && operandsPlacesFirst(inputs);
    return operands && apply(operands, moved).map((y) => (y.rank === movedAxes.length ? placesLast(y) : y));
  };
  return apply;
}

/** An operator that treats each element alike does not mind the layout. */
export const elementwise = { placesFirst: <A>(attributes: A): A => attributes };

/** Attributes of an operator that has none. */
export type None = Readonly<Record<string, never>>;
