import os from 'node:os';
import { uniform } from '../data/random.js';
import type { Network } from '../networks/network.js';
import { encodeModel } from '../onnx/encode.js';
import { Graph } from '../onnx/graph.js';
import { matMul } from '../onnx/operators/index.js';
import { sizeOf } from '../onnx/shape.js';
import type { Tensor } from '../onnx/types.js';
import { createSession } from '../runtime/onnxruntime-node.js';
import { type Subject, timeInTurn } from '../runtime/timing.js';
import { feedsOf } from '../train/forward-pass.js';
import type { Optimizer } from '../train/optimizers.js';
import { initialState } from '../train/state.js';
import { forwardGraph, port, type StepDescription, stepGraph } from '../train/step-graph.js';
import { describeMachine, type Machine } from './machine.js';

export interface TrainBenchOptions {
  readonly network: Network;
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly rounds: number;
}

export interface TrainBenchResult {
  readonly machine: Machine;
  readonly method: string;
  readonly network: string;
  readonly batch: number;
  readonly optimizer: string;
  readonly stepMilliseconds: number;
  readonly imagesPerSecond: number;
  /** As many as convolutions take that multiply each weight with each number it meets; kiln's take fewer. */
  readonly gigaflops: number;
  readonly matMulPeakGigaflops: number;
  /** Of the MatMul peak, which was measured between the steps; may be more than 1. */
  readonly shareOfPeak: number;
}

/** Side of the square product that stands for what the machine can do at best. */
const peakSide = 2048;

/** Times whole training steps of a network in turn with a large matrix product through the same runtime. */
export async function benchTrain({
  network,
  batch,
  optimizer,
  rounds,
}: TrainBenchOptions): Promise<TrainBenchResult> {
  const machine = describeMachine();
  const classes = 10;
  const description: StepDescription = {
    network,
    classes,
    batch,
    optimizer,
    weightDecay: 'network',
    labelSmoothing: 0,
  };
  const step = await stepSubject(description);
  const peak = await peakSubject();
  const [steps, peaks] = await timeInTurn([step, peak], rounds);
  const forward = forwardGraph(network, classes);
  const multiplyAdds = forward.nodes.reduce((sum, node) => sum + node.multiplyAdds, 0);
  // A step passes three times through the multiply-adds: forward, towards the inputs, towards the weights.
  const flop = 3 * 2 * multiplyAdds * batch;
  const gigaflops = flop / steps!.median / 1e6;
  const matMulPeakGigaflops = (2 * peakSide ** 3) / peaks!.median / 1e6;
  return {
    machine,
    method: `medians of ${rounds} rounds, one step and one ${peakSide}³ product in turn, float32, ${os.availableParallelism()} threads; a step is forward, loss, gradients, update and EMA, its batch ready in memory`,
    network: network.name,
    batch,
    optimizer: optimizer.kind,
    stepMilliseconds: steps!.median,
    imagesPerSecond: (batch / steps!.median) * 1000,
    gigaflops,
    matMulPeakGigaflops,
    shareOfPeak: gigaflops / matMulPeakGigaflops,
  };
}

async function stepSubject(description: StepDescription): Promise<Subject> {
  const { network, classes, batch } = description;
  const graph = stepGraph(description);
  const session = await createSession(encodeModel(graph, { name: 'step' }), device());
  const { channels, height, width } = network.input;
  const batchFeeds: Record<string, Tensor> = {
    [port.images]: noise([batch, channels, height, width], 1),
    [port.labels]: {
      dtype: 'int32',
      dims: [batch],
      data: Int32Array.from({ length: batch }, (_, i) => i % classes),
    },
    [port.learningRate]: scalar(1e-3),
    [port.emaDecay]: scalar(0.999),
  };
  const sample = () => noise([batch, channels, height, width], 1).data;
  let state = feedsOf(initialState(network, classes, description.optimizer, 0, sample).tensors);
  return {
    name: 'training step',
    run: async () => {
      const results = await session.run({ ...batchFeeds, ...state });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, results[port.next(name)]!]));
    },
  };
}

async function peakSubject(): Promise<Subject> {
  const graph = new Graph();
  const side = [peakSide, peakSide];
  graph.output('y', matMul(graph.input('a', 'float32', side), graph.input('b', 'float32', side)));
  const session = await createSession(encodeModel(graph, { name: 'peak' }), device());
  const feeds = { a: noise(side, 2), b: noise(side, 3) };
  return { name: 'matrix product', run: async () => void (await session.run(feeds)) };
}

function device() {
  return { device: 'cpu', threads: os.availableParallelism() } as const;
}

function noise(dims: readonly number[], stream: number): Tensor<'float32'> {
  const data = Float32Array.from({ length: sizeOf(dims) }, (_, index) => uniform(0, stream, index) - 0.5);
  return { dtype: 'float32', dims, data };
}

function scalar(value: number): Tensor {
  return { dtype: 'float32', dims: [], data: Float32Array.of(value) };
}
