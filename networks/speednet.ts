import type { Graph, Value } from '../onnx/graph.js';
import {
  batchNorm,
  batchStatistics,
  type ConvOptions,
  conv,
  flatten,
  gelu,
  matMul,
  maxPool,
  mul,
  normalise,
} from '../onnx/operators/index.js';
import type { Mode, Network } from './network.js';

/**
 * The network of Jordan's "94% on CIFAR-10 in 3.29 seconds on a single GPU" (arXiv 2404.00498): frozen whitening
 * filters, three groups of two convolutions with batch normalisation and GELU, and a scaled linear layer.
 * 1,971,640 parameters for 10 classes; recipe `speedrun` is made for it.
 */
export const speednet: Network = {
  name: 'speednet',
  input: { channels: 3, height: 32, width: 32 },
  preprocessing: {
    crop: { height: 32, width: 32 },
    // Of CIFAR-10's training pictures; the whitening filters come from the data that is trained on.
    normalise: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  },

  forward(graph: Graph, images: Value, classes: number, mode: Mode): Value {
    let x = graph.scope('whiten', () => whiten(graph, images)); // [B, 24, 31, 31]
    for (const [index, filters] of [64, 256, 256].entries()) {
      x = graph.scope(`group${index + 1}`, () => convolutionGroup(graph, x, filters, mode));
    } // [B, 256, 3, 3]
    const features = flatten(maxPool(x, { kernel: [3, 3], strides: [3, 3] })); // [B, 256]
    return graph.scope('head', () => head(graph, features, classes)); // [B, classes]
  },
};

/** [B, C, H, W] → [B, 8·C, H − 1, W − 1]: windows of 2×2 and as many filters as they have numbers, with both signs. */
function whiten(graph: Graph, images: Value): Value {
  const channels = images.size(1);
  const filters = graph.parameter('weights', [8 * channels, channels, 2, 2], {
    initialiser: { kind: 'patch-whitening', epsilon: 5e-4 },
    decay: 0,
    role: { kind: 'frozen' },
  });
  return gelu(conv(images, filters, { bias: zeros(graph, [8 * channels]) }));
}

/** [B, C, H, W] → [B, filters, ⌊H / 2⌋, ⌊W / 2⌋] */
function convolutionGroup(graph: Graph, images: Value, filters: number, mode: Mode): Value {
  // The pool leaves out an odd last row or column: it need not be computed.
  const [bottom, right] = [1 - (images.size(2) % 2), 1 - (images.size(3) % 2)];
  const even = [1, 1, bottom, right] as const;
  const conv1 = graph.scope('conv1', () => convolution(graph, images, filters, even)); // [B, filters, 2·⌊H / 2⌋, 2·⌊W / 2⌋]
  const pooled = maxPool(conv1, { kernel: [2, 2], strides: [2, 2] }); // [B, filters, ⌊H / 2⌋, ⌊W / 2⌋]
  const norm1 = graph.scope('norm1', () => gelu(normalised(graph, pooled, mode)));
  const conv2 = graph.scope('conv2', () => convolution(graph, norm1, filters, 'same'));
  return graph.scope('norm2', () => gelu(normalised(graph, conv2, mode)));
}

function convolution(graph: Graph, x: Value, filters: number, padding: Padding): Value {
  const limit = 1 / Math.sqrt(9 * x.size(1));
  const weights = graph.parameter('weights', [filters, x.size(1), 3, 3], {
    initialiser: { kind: 'dirac', limit },
    decay: 0,
  });
  return conv(x, weights, { padding });
}

type Padding = NonNullable<ConvOptions['padding']>;

/** Share of a batch in the moving statistics: they are young, and mean what the last few batches were. */
const statisticsRate = 0.4;

/** Batch normalisation without a scale, which the next convolution has anyway. */
function normalised(graph: Graph, x: Value, mode: Mode): Value {
  const size = [x.size(1)];
  const bias = zeros(graph, size);
  const statistic = (name: string, value: number) =>
    graph.parameter(name, size, {
      initialiser: { kind: 'constant', value },
      decay: 0,
      role: { kind: 'statistic', rate: statisticsRate },
    });
  const mean = statistic('moving_mean', 0);
  const variance = statistic('moving_variance', 1);
  const epsilon = 1e-12;
  if (mode === 'inference') return normalise(x, { mean, variance, bias, epsilon });
  const batch = batchStatistics(x);
  graph.observe(mean, batch.mean);
  graph.observe(variance, batch.unbiasedVariance);
  return batchNorm(x, { bias, epsilon });
}

function zeros(graph: Graph, size: readonly number[]): Value {
  return graph.parameter('biases', size, { initialiser: { kind: 'constant', value: 0 }, decay: 0 });
}

/** Logits divided by the number of features: uniform weights of variance 1 begin with logits near zero. */
function head(graph: Graph, features: Value, classes: number): Value {
  const weights = graph.parameter('weights', [features.size(1), classes], {
    initialiser: { kind: 'uniform', limit: Math.sqrt(3) },
    decay: 0,
  });
  return mul(matMul(features, weights), 1 / features.size(1));
}
