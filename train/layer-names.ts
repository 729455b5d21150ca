/** The scope that a parameter stands in: `conv1` for `conv1/weights`. */
export function layerOf(parameter: string): string {
  return parameter.slice(0, Math.max(0, parameter.lastIndexOf('/')));
}
