import type { Network, Normalisation, Preprocessing } from '../networks/network.js';
import { Graph, type Value } from '../onnx/graph.js';
import {
  cast,
  div,
  maximum,
  mul,
  reduceMean,
  reduceSum,
  slice,
  softmax,
  sqrt,
  sub,
  transpose,
} from '../onnx/operators/index.js';
import { averagedOverViews } from './views.js';

export interface Frame {
  readonly height: number;
  readonly width: number;
}

/**
 * The graph of an exported file: picture bytes in, probabilities out.
 *
 * Input `images` uint8 [batch, frame.height, frame.width, 3]; outputs `probabilities` and `logits`, both
 * float32 [batch, classes], from one view of a picture or averaged over those of views.ts.
 */
export function inferenceGraph(
  network: Network,
  frame: Frame,
  classes: number,
  { views = 1 }: { readonly views?: number } = {},
): Graph {
  const graph = new Graph();
  const images = graph.input('images', 'uint8', ['batch', frame.height, frame.width, 3]);
  const prepared = graph.scope('preprocessing', () => preprocess(images, network.preprocessing));
  const plain = network.forward(graph, prepared, classes, 'inference');
  const logits = views === 1 ? plain : averagedOverViews(prepared, plain);
  graph.output('probabilities', softmax(logits));
  graph.output('logits', logits);
  return graph;
}

/** uint8 [B, H, W, 3] → float32 [B, 3, crop height, crop width] */
function preprocess(images: Value, { crop, normalise }: Preprocessing): Value {
  const top = Math.floor((images.size(1) - crop.height) / 2);
  const left = Math.floor((images.size(2) - crop.width) / 2);
  const rows = slice(images, 1, top, top + crop.height); // [B, h, W, 3]
  const centre = slice(rows, 2, left, left + crop.width); // [B, h, w, 3]
  const pixels = cast(transpose(centre, [0, 3, 1, 2]), 'float32'); // [B, 3, h, w]
  return normalise === 'per-image-standardisation' ? standardise(pixels) : normalised(pixels, normalise);
}

/** (x / 255 − mean) / std of each channel, as (x − 255·mean) · 1/(255·std). */
function normalised(x: Value, { mean, std }: Exclude<Normalisation, string>): Value {
  const perChannel = (values: readonly number[]) =>
    x.graph.constant('float32', [1, values.length, 1, 1], Float32Array.from(values));
  const centred = sub(x, perChannel(mean.map((value) => 255 * value)));
  return mul(centred, perChannel(std.map((value) => 1 / (255 * value))));
}

/**
 * (x − mean) / max(σ, 1/√n) over each whole image, as tf.image.per_image_standardization, with numerator and denominator
 * times n: n·x − Σx has no rounding, because bytes are integers and n·255 stays below 2²⁴ (up to n = 65,793). The
 * mean itself would be rounded, which an almost constant image's σ blows up to errors of 10⁻³.
 */
function standardise(x: Value): Value {
  const axes = [1, 2, 3];
  const count = axes.reduce((product, axis) => product * x.size(axis), 1);
  const centred = sub(mul(x, count), reduceSum(x, axes, { keepDims: true }));
  const deviation = sqrt(reduceMean(mul(centred, centred), axes, { keepDims: true })); // [B, 1, 1, 1]
  return div(centred, maximum(deviation, Math.sqrt(count)));
}
