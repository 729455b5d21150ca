import type { Graph, Value } from '../onnx/graph.js';

/**
 * What happens between a dataset's uint8 picture and the network's input, when nothing is random:
 * a centre crop, then (x − mean) / max(σ, 1/√n) over the whole image (n = its number of values).
 */
export interface Preprocessing {
  readonly crop: { readonly height: number; readonly width: number };
  readonly normalise: 'per-image-standardisation';
}

/** One network: a readable page that adds semantic operators to a graph. */
export interface Network {
  readonly name: string;
  /** Size of the images given to `forward`: [batch, channels, height, width]. */
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly preprocessing: Preprocessing;
  /** images: float32 [batch, channels, height, width] → logits: float32 [batch, classes]. */
  forward(graph: Graph, images: Value, classes: number): Value;
}
