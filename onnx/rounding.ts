/** To the nearest integer, ties to even, as IEEE 754 and ONNX's QuantizeLinear round. */
export function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}
