import { truncatedNormal, uniformNumbers } from '../data/random.js';
import { KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import { Graph, type GraphOptions, roleOf, specOf, Value } from '../onnx/graph.js';
import { formatShape, sameShape, sizeOf } from '../onnx/shape.js';
import type { StateTensor } from './engine.js';
import { whiteningFilters } from './whitening.js';

/** A network's trainable tensors by name, in the order in which `forward` declares them. */
export type Parameters = ReadonlyMap<string, Float32Array>;

/** The parameters of a network, declared but without values. */
export function declaredParameters(network: Network, classes: number): ReadonlyMap<string, Value> {
  return declaredNetwork(network, classes).parameters;
}

/**
 * A network's forward pass on one image, for its parameters and layers.
 * @param options what is settled among them, if anything is
 * @throws PART_INVALID where it gives anything but logits [1, classes]
 */
export function declaredNetwork(network: Network, classes: number, options: GraphOptions = {}): Graph {
  const graph = new Graph(options);
  const { channels, height, width } = network.input;
  const images = graph.input('images', 'float32', [1, channels, height, width]);
  const logits = network.forward(graph, images, classes, 'inference');
  if (!(logits instanceof Value) || !sameShape(logits.shape, [1, classes])) {
    throw new KilnError('PART_INVALID', {
      expected: `logits [1, ${classes}] from ${network.name} for one picture and ${classes} classes`,
      received: logits instanceof Value ? formatShape(logits.shape) : String(logits),
    });
  }
  graph.output('logits', logits);
  return graph;
}

/** What stands for a statistic that an exported file has folded into a convolution: the value that it began with. */
export function foldedStatistic(parameter: Value): StateTensor | undefined {
  const { initialiser } = specOf(parameter);
  if (roleOf(parameter).kind !== 'statistic' || initialiser.kind !== 'constant') return undefined;
  const { dims } = parameter;
  return { dims, data: new Float32Array(sizeOf(dims)).fill(initialiser.value) };
}

/** Gives pictures of the training split as the network takes them: float32 [count, channels, height, width]. */
export type SampleOf = () => Float32Array;

/**
 * Values before the first step; the same seed and sample give the same values on every machine.
 * @param sample asked once for each parameter that is computed from the data; without it their filters are zero
 */
export function initialParameters(
  network: Network,
  classes: number,
  seed: number,
  sample?: SampleOf,
): Parameters {
  const declared = [...declaredParameters(network, classes)];
  const beginning: Beginning = { seed, input: network.input, sample };
  return new Map(declared.map(([name, value], stream) => [name, initialValues(value, stream, beginning)]));
}

interface Beginning {
  readonly seed: number;
  readonly input: Network['input'];
  readonly sample: SampleOf | undefined;
}

function initialValues(parameter: Value, stream: number, { seed, input, sample }: Beginning): Float32Array {
  const { initialiser } = specOf(parameter);
  const count = sizeOf(parameter.dims);
  switch (initialiser.kind) {
    case 'constant':
      return new Float32Array(count).fill(initialiser.value);
    case 'truncated-normal':
      return truncatedNormal(seed, stream, count, initialiser.std);
    case 'uniform':
      return uniformNumbers(seed, stream, count, initialiser.limit);
    case 'dirac':
      return withIdentity(uniformNumbers(seed, stream, count, initialiser.limit), parameter.dims);
    case 'patch-whitening': {
      const filters = { dims: parameter.dims, epsilon: initialiser.epsilon };
      return sample === undefined ? new Float32Array(count) : whiteningFilters(sample(), input, filters);
    }
  }
}

/** Turns filter c into the one that passes channel c through, for every channel: [filters, channels, kh, kw]. */
function withIdentity(filters: Float32Array, dims: readonly number[]): Float32Array {
  const [count, channels, height, width] = dims as [number, number, number, number];
  const window = height * width;
  for (let channel = 0; channel < Math.min(count, channels); channel += 1) {
    const start = channel * channels * window;
    filters.fill(0, start, start + channels * window);
    filters[start + channel * window + Math.floor(window / 2)] = 1;
  }
  return filters;
}
