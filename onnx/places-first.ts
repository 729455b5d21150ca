import type { Value } from './graph.js';

/** Axis i of one layout is axis movedAxes[i] of the other. */
export const movedAxes = [2, 3, 0, 1] as const;

export const layoutChange = { placesFirst: 'placesFirst', placesLast: 'placesLast' } as const;

type LayoutChange = keyof typeof layoutChange;

/**
 * [B, C, H, W] → [H, W, B, C], in a lowered graph: the numbers of a place lie side by side, as products over channels
 * want them (operators/winograd.ts). Operators that follow a change back are applied before it instead
 * (`Operator.placesFirst`), so that between two convolutions the layout is not changed at all.
 */
export function placesFirst(x: Value): Value {
  return changed(x, 'placesFirst', 'placesLast');
}

/** [H, W, B, C] → [B, C, H, W] */
export function placesLast(x: Value): Value {
  return changed(x, 'placesLast', 'placesFirst');
}

/** What x is with its places first, where that is how it was computed. */
export function knownPlacesFirst(x: Value): Value | undefined {
  return operandOf(x, 'placesLast');
}

/**
 * The operands of an operator with their places first, scalars as they are; undefined where none was computed so, or
 * one has no places. Others are moved: this direction is the quicker one, and a convolution that follows wants it.
 */
export function operandsPlacesFirst(operands: readonly Value[]): readonly Value[] | undefined {
  const fits = ({ rank }: Value): boolean => rank === 0 || rank === movedAxes.length;
  if (!operands.every(fits) || !operands.some(knownPlacesFirst)) return undefined;
  return operands.map((operand) => (operand.rank === 0 ? operand : placesFirst(operand)));
}

function changed(x: Value, operator: LayoutChange, inverse: LayoutChange): Value {
  const original = operandOf(x, inverse);
  if (original !== undefined) return original;
  return x.graph.add({
    operator,
    inputs: [x],
    types: [{ dtype: x.dtype, shape: movedAxes.map((axis) => x.shape[axis]!) }],
    attributes: {},
    key: operator,
    multiplyAdds: 0,
    onnx: undefined, // lowering.ts puts a transposition in its place
    backward: undefined,
    replay: ([other]) => [changed(other!, operator, inverse)],
  })[0]!;
}

function operandOf({ source }: Value, operator: LayoutChange): Value | undefined {
  return source.kind === 'node' && source.node.operator === operator ? source.node.inputs[0] : undefined;
}
