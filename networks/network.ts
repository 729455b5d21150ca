import type { Graph, Value } from '../onnx/graph.js';

/** How bytes become numbers around zero. */
export type Normalisation =
  /** (x − mean) / max(σ, 1/√n) over the whole image, n = its number of values. */
  | 'per-image-standardisation'
  /** (x / 255 − mean) / std with one mean and one std for each of red, green and blue. */
  | { readonly mean: readonly number[]; readonly std: readonly number[] };

/** For people. */
export function describeNormalisation(normalise: Normalisation): string {
  return typeof normalise === 'string'
    ? normalise
    : `(x / 255 − [${normalise.mean.join(', ')}]) / [${normalise.std.join(', ')}]`;
}

/** What happens between a dataset's uint8 picture and the network's input, when nothing is random. */
export interface Preprocessing {
  /** From the centre. */
  readonly crop: { readonly height: number; readonly width: number };
  readonly normalise: Normalisation;
}

/** Whether a batch speaks for itself (batch normalisation by its own statistics), or training has spoken. */
export type Mode = 'training' | 'inference';

/** One network: a readable page that adds semantic operators to a graph. */
export interface Network {
  readonly name: string;
  /** Size of the images given to `forward`: [batch, channels, height, width]. */
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly preprocessing: Preprocessing;
  /**
   * images: float32 [batch, channels, height, width] → logits: float32 [batch, classes]. Both modes declare the same
   * parameters in the same order.
   */
  forward(graph: Graph, images: Value, classes: number, mode: Mode): Value;
}
