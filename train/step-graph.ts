import { KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import { gradients } from '../onnx/gradients.js';
import { Graph, roleOf, specOf, type Value } from '../onnx/graph.js';
import { add, crossEntropy, mul, sub, sumOfSquares } from '../onnx/operators/index.js';
import { layerOf } from './layer-names.js';
import { keepsMomentum, type Optimizer, type ParameterUpdate, update } from './optimizers.js';

/** Everything that decides the arithmetic of a step. */
export interface StepDescription {
  readonly network: Network;
  readonly classes: number;
  readonly batch: number;
  readonly optimizer: Optimizer;
  /** `network`: each parameter's own factor; a number: that factor for every trained tensor of rank 2 and more. */
  readonly weightDecay: 'network' | number;
  /** In [0, 1). */
  readonly labelSmoothing: number;
  /** Layers that stand still; what moves none but them is not computed. Default none. */
  readonly settled?: readonly string[];
}

/** Names under which a parameter's companions stand in states and checkpoints (TensorFlow's own). */
export const companion = {
  momentum: (parameter: string) => `${parameter}/Momentum`,
  ema: (parameter: string) => `${parameter}/ExponentialMovingAverage`,
} as const;

/** Inputs and outputs of the step graphs that are no parameters. */
export const port = {
  images: 'images',
  labels: 'labels',
  learningRate: 'learning_rate',
  emaDecay: 'ema_decay',
  loss: 'total_loss',
  crossEntropy: 'cross_entropy',
  gradient: (parameter: string) => `${parameter}/gradient`,
  activations: (layer: string) => `${layer}/activations`,
  weightLoss: (layer: string) => `${layer}/weight_loss`,
  next: (tensor: string) => `next/${tensor}`,
} as const;

/** One whole training step: batch and state in, losses and next state out. */
export function stepGraph(description: StepDescription): Graph {
  const { graph, derivatives } = differentiatedLoss(description);
  addUpdates(graph, description, derivatives);
  return graph;
}

/** What a step minimises: cross-entropy, and with it the weight decay. Engines that differentiate begin here. */
export function lossGraph(description: StepDescription): Graph {
  const { network, classes, batch, weightDecay, labelSmoothing, settled } = description;
  const graph = new Graph(settling(settled));
  const { channels, height, width } = network.input;
  const images = graph.input(port.images, 'float32', [batch, channels, height, width]);
  const labels = graph.input(port.labels, 'int32', [batch]);
  const logits = network.forward(graph, images, classes, 'training');
  const entropy = graph.scope('softmax_cross_entropy', () => crossEntropy(logits, labels, labelSmoothing));
  const loss = [...graph.parameters.values()].reduce((sum, parameter) => {
    const factor = decayOf(parameter, weightDecay);
    if (factor === 0) return sum;
    const scope = port.weightLoss(layerOf(parameter.name));
    return add(
      sum,
      graph.scope(scope, () => mul(sumOfSquares(parameter), factor / 2)),
    );
  }, entropy);
  graph.output(port.crossEntropy, entropy);
  graph.output(port.loss, loss);
  return graph;
}

/** The first half of a step: losses and gradients, the state left as it is. */
export function gradientGraph(description: StepDescription): Graph {
  const { graph, derivatives } = differentiatedLoss(description);
  for (const [name, derivative] of derivatives) graph.output(port.gradient(name), derivative);
  return graph;
}

/** The same graph, which now answers by how much its statistics are off: what stands for their gradients. */
export function withObservations(graph: Graph): Graph {
  for (const [name, distance] of distances(graph)) graph.output(port.gradient(name), distance);
  return graph;
}

/** Gradients and what every layer answers: what a summary of a step is made of. */
export function inspectionGraph(description: StepDescription): Graph {
  return withActivations(gradientGraph(description));
}

/** The same graph, which now answers its layers' activations too. */
export function withActivations(graph: Graph): Graph {
  for (const [layer, activations] of layersOf(graph)) graph.output(port.activations(layer), activations);
  return graph;
}

/** The scopes that hold parameters of their own, each with its result: `conv1`, `local3` … */
export function layersOf({ parameters, scopes }: Graph): ReadonlyMap<string, Value> {
  const owners = new Set(Array.from(parameters.keys(), layerOf));
  return new Map([...scopes].filter(([path]) => owners.has(path)));
}

/** The second half: gradients, which may be an average over towers, become the next state. */
export function applyGraph(description: StepDescription, declared: ReadonlyMap<string, Value>): Graph {
  const graph = new Graph(settling(description.settled));
  for (const value of declared.values()) graph.parameter(value.name, value.dims, specOf(value));
  const derivatives = [...graph.parameters.values()].filter(isMoving).map(({ name, dims }) => {
    return [name, graph.input(port.gradient(name), 'float32', dims)] as const;
  });
  addUpdates(graph, description, new Map(derivatives));
  return graph;
}

/** What a graph is told of the layers that stand still. */
export function settling(layers: readonly string[] = []) {
  return { isSettled: (parameter: string) => layers.includes(layerOf(parameter)) };
}

/** Whether steps change a parameter, and so ask for its gradient. */
export function isMoving(parameter: Value): boolean {
  const { kind } = roleOf(parameter);
  return kind === 'trained' || kind === 'statistic';
}

/** Whether a parameter goes down the gradient of the loss. */
export function isTrained(parameter: Value): boolean {
  return roleOf(parameter).kind === 'trained';
}

/** Logits of preprocessed images, for evaluation: [batch, channels, height, width] → [batch, classes]. */
export function forwardGraph(network: Network, classes: number): Graph {
  const graph = new Graph();
  const { channels, height, width } = network.input;
  const images = graph.input(port.images, 'float32', ['batch', channels, height, width]);
  graph.output('logits', network.forward(graph, images, classes, 'inference'));
  return graph;
}

/** Of every moving parameter the gradient by its name, or of a statistic what stands for it. */
type Derivatives = ReadonlyMap<string, Value>;

function differentiatedLoss(description: StepDescription): { graph: Graph; derivatives: Derivatives } {
  const graph = lossGraph(description);
  const trained = [...graph.parameters.values()].filter(isTrained);
  const derivatives = gradients(graph.outputs.get(port.loss)!, trained);
  const named = trained.map(({ name }, index) => [name, derivatives[index]!] as const);
  return { graph, derivatives: new Map([...named, ...distances(graph)]) };
}

/**
 * s − observed of each statistic s. Moving against it by the statistic's rate is its moving average; and as it is
 * linear, its mean over towers moves the statistic towards the mean of what they observed.
 */
function distances(graph: Graph): readonly (readonly [name: string, distance: Value])[] {
  const statistics = [...graph.parameters.values()].filter((value) => roleOf(value).kind === 'statistic');
  const forgotten = statistics.find(({ name }) => !graph.observations.has(name));
  if (forgotten !== undefined) {
    throw new KilnError('PART_INVALID', {
      expected: `an observation (graph.observe) of every statistic in training`,
      received: `none of ${forgotten.name}`,
    });
  }
  return Array.from(graph.observations, ([name, observed]) => [
    name,
    sub(graph.parameters.get(name)!, observed),
  ]);
}

/** Factor of Σw²/2 in the loss. */
export function decayOf(parameter: Value, rule: StepDescription['weightDecay']): number {
  const { kind } = roleOf(parameter);
  if (kind !== 'trained' && kind !== 'settled') return 0;
  if (rule !== 'network') return parameter.rank >= 2 ? rule : 0;
  return specOf(parameter).decay;
}

function addUpdates(graph: Graph, { optimizer }: StepDescription, derivatives: Derivatives): void {
  const learningRate = graph.input(port.learningRate, 'float32', []);
  const emaDecay = graph.input(port.emaDecay, 'float32', []);
  const emaRate = sub(1, emaDecay);
  for (const parameter of graph.parameters.values()) {
    const { name, dims } = parameter;
    const ema = graph.input(companion.ema(name), 'float32', dims);
    const next = nextOf(parameter, optimizer, derivatives.get(name), learningRate);
    graph.output(port.next(name), next.weights);
    // As tf.train.ExponentialMovingAverage writes it: ema − (1 − decay)·(ema − w).
    graph.output(port.next(companion.ema(name)), sub(ema, mul(sub(ema, next.weights), emaRate)));
    if (next.momentum !== undefined) graph.output(port.next(companion.momentum(name)), next.momentum);
  }
}

/** What a step makes of one parameter. */
function nextOf(
  parameter: Value,
  optimizer: Optimizer,
  derivative: Value | undefined,
  learningRate: Value,
): ParameterUpdate {
  if (derivative === undefined) return { weights: parameter, momentum: undefined };
  const role = roleOf(parameter);
  if (role.kind === 'statistic') {
    return { weights: sub(parameter, mul(derivative, role.rate)), momentum: undefined };
  }
  const { graph, name, dims } = parameter;
  const momentum = keepsMomentum(parameter, optimizer)
    ? graph.input(companion.momentum(name), 'float32', dims)
    : undefined;
  return update(optimizer, name, parameter, derivative, momentum, learningRate);
}
