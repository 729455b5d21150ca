import type { Tensor } from '@tensorflow/tfjs-core';
import type { Graph } from '../../onnx/graph.js';
import { requireBatch } from '../batch-shape.js';
import type {
  EngineDevice,
  Inspection,
  Losses,
  Rates,
  StateTensor,
  StateTensors,
  TrainingBatch,
  TrainingEngine,
  TrainingState,
  WeightSet,
} from '../engine.js';
import { sameLayers, withoutLayers } from '../freezing.js';
import { declaredNetwork } from '../parameters.js';
import { requireSameTensors } from '../state.js';
import {
  applyGraph,
  companion,
  forwardGraph,
  isMoving,
  isTrained,
  layersOf,
  lossGraph,
  port,
  type StepDescription,
  settling,
  withActivations,
  withObservations,
} from '../step-graph.js';
import { interpret } from './interpreter.js';
import { loadTensorFlow, type TensorFlow, type TensorFlowOptions } from './tensorflow.js';

export interface TfjsEngineOptions extends TensorFlowOptions {
  readonly description: StepDescription;
  readonly state: TrainingState;
}

/**
 * Trains through TensorFlow.js: it computes the loss from the graph with which the onnx engine begins too,
 * differentiates it by its own rules, and runs the shared update graph on the gradients. The state stays in
 * TensorFlow's memory, which is a GPU's where there is one; between steps only batches and losses cross over, and so
 * the update is interpreted here rather than handed to onnxruntime-node.
 *
 * @throws DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE; OPERATOR_UNSUPPORTED at the first step
 */
export async function openTfjsEngine(options: TfjsEngineOptions): Promise<TrainingEngine> {
  const { tf, provider, failed } = await loadTensorFlow(options);
  return new TfjsEngine(tf, { engine: 'tfjs', provider, failed }, options);
}

type Tensors = ReadonlyMap<string, Tensor>;

class TfjsEngine implements TrainingEngine {
  readonly device: EngineDevice;
  readonly #tf: TensorFlow;
  readonly #forward: Graph;
  readonly #layers: readonly string[];
  readonly #parameters: readonly string[];
  #description: StepDescription;
  #graphs: StepGraphs;
  #step: number;
  /** The state in TensorFlow's memory. */
  #tensors: Tensors;
  /** The same state on this side, once somebody has asked for it. */
  #snapshot: TrainingState | undefined;

  constructor(tf: TensorFlow, device: EngineDevice, { description, state }: TfjsEngineOptions) {
    this.#tf = tf;
    this.device = device;
    this.#description = description;
    const { network, classes } = description;
    const declared = declaredNetwork(network, classes);
    this.#parameters = [...declared.parameters.keys()];
    this.#layers = [...layersOf(declared).keys()];
    this.#forward = forwardGraph(network, classes);
    this.#graphs = stepGraphs(description);
    this.#step = state.step;
    this.#snapshot = state;
    this.#tensors = this.#uploaded(state.tensors);
  }

  get step(): number {
    return this.#step;
  }

  async run(batches: readonly TrainingBatch[], rates: readonly Rates[]): Promise<readonly Losses[]> {
    if (batches.length !== rates.length) {
      throw new RangeError(`${batches.length} batches need as many rates, got ${rates.length}`);
    }
    return batches.map((batch, index) =>
      this.#advance(() => {
        this.#settle(rates[index]!);
        const { losses, gradients } = this.#differentiate(this.#graphs.loss, batch);
        return { result: losses, next: this.#updated(gradients, rates[index]!) };
      }),
    );
  }

  async gradients(batch: TrainingBatch) {
    const { losses, gradients } = this.#inspect(this.#graphs.loss, batch);
    return { losses, gradients };
  }

  async inspect(batch: TrainingBatch): Promise<Inspection> {
    const { losses, gradients, outputs } = this.#inspect(this.#graphs.inspection, batch);
    const activations = new Map(
      this.#layers.map((layer) => [layer, outputs.get(port.activations(layer))!] as const),
    );
    return { losses, gradients, activations };
  }

  async apply(gradients: StateTensors, rates: Rates): Promise<void> {
    this.#settle(rates);
    const { update, moving } = this.#graphs;
    const { parameters } = update;
    const applied = withoutLayers(gradients, rates.settled ?? []);
    requireSameTensors(new Map(moving.map((name) => [name, parameters.get(name)!])), applied);
    this.#advance(() => ({ result: undefined, next: this.#updated(this.#uploaded(applied), rates) }));
  }

  async evaluate(images: Float32Array, count: number, weights: WeightSet): Promise<Float32Array> {
    const { channels, height, width } = this.#description.network.input;
    return this.#tidy(() => {
      const feeds = new Map(this.#parameters.map((name) => [name, this.#weights(name, weights)]));
      feeds.set(port.images, this.#tf.tensor(images, [count, channels, height, width]));
      return downloaded(interpret(this.#tf, this.#forward, feeds).get('logits')!).data;
    });
  }

  snapshot(): TrainingState {
    this.#snapshot ??= { step: this.#step, tensors: mapped(this.#tensors, downloaded) };
    return this.#snapshot;
  }

  restore(state: TrainingState): void {
    requireSameTensors(
      mapped(this.#tensors, ({ shape }) => ({ dims: shape })),
      state.tensors,
    );
    this.#tf.dispose([...this.#tensors.values()]);
    this.#tensors = this.#uploaded(state.tensors);
    this.#step = state.step;
    this.#snapshot = state;
  }

  async close(): Promise<void> {
    this.#tf.dispose([...this.#tensors.values()]);
  }

  /** Changes over to the graphs for these settled layers. */
  #settle({ settled = [] }: Rates): void {
    if (sameLayers(settled, this.#description.settled ?? [])) return;
    this.#description = { ...this.#description, settled };
    this.#graphs = stepGraphs(this.#description);
  }

  #inspect(graph: Graph, batch: TrainingBatch) {
    return this.#tidy(() => {
      const { gradients, ...rest } = this.#differentiate(graph, batch);
      return { ...rest, gradients: mapped(gradients, downloaded) };
    });
  }

  /** The loss and its derivatives; to be called where the tensors are freed. */
  #differentiate(graph: Graph, batch: TrainingBatch) {
    const tf = this.#tf;
    const { trained, moving } = this.#graphs;
    const given = new Map(this.#batch(batch));
    for (const name of this.#parameters) given.set(name, this.#weights(name, 'raw'));
    let outputs: StateTensors = new Map();
    const loss = (...weights: Tensor[]): Tensor => {
      const named = trained.map((name, index) => [name, weights[index]!] as const);
      const computed = interpret(tf, graph, new Map([...given, ...named]));
      outputs = mapped(computed, downloaded);
      return computed.get(port.loss)!;
    };
    const { grads } = tf.valueAndGrads(loss)(trained.map((name) => given.get(name)!));
    const derivatives = new Map(trained.map((name, index) => [name, grads[index]!]));
    // What stands for a statistic's gradient is among the outputs, whose tensors are gone by now.
    const gradients = moving.map((name) => {
      return [name, derivatives.get(name) ?? this.#upload(outputs.get(port.gradient(name))!)] as const;
    });
    return { losses: lossesOf(outputs), outputs, gradients: new Map(gradients) };
  }

  /** The state that the update graph makes of this one. */
  #updated(gradients: Tensors, { learningRate, emaDecay }: Rates): Tensors {
    const feeds = new Map(this.#tensors);
    for (const [name, gradient] of gradients) feeds.set(port.gradient(name), gradient);
    feeds.set(port.learningRate, this.#tf.scalar(learningRate));
    feeds.set(port.emaDecay, this.#tf.scalar(emaDecay));
    const computed = interpret(this.#tf, this.#graphs.update, feeds);
    return new Map(
      Array.from(this.#tensors, ([name, tensor]) => [name, computed.get(port.next(name)) ?? tensor]),
    );
  }

  /** Counts a step whose next state `compute` gives; everything else that it makes is freed. */
  #advance<T>(compute: () => { readonly result: T; readonly next: Tensors }): T {
    const tf = this.#tf;
    return this.#tidy(() => {
      const { result, next } = compute();
      for (const tensor of next.values()) tf.keep(tensor);
      const staying = new Set(next.values()); // what is frozen is its own successor
      tf.dispose([...this.#tensors.values()].filter((tensor) => !staying.has(tensor)));
      this.#tensors = next;
      this.#step += 1;
      this.#snapshot = undefined;
      return result;
    });
  }

  /** What `compute` gives on this side; the tensors that it makes are freed, unless it keeps them. */
  #tidy<T>(compute: () => T): T {
    const results: T[] = [];
    this.#tf.tidy(() => {
      results.push(compute());
    });
    return results[0]!;
  }

  #weights(name: string, set: WeightSet): Tensor {
    return this.#tensors.get(set === 'ema' ? companion.ema(name) : name)!;
  }

  #uploaded(tensors: StateTensors): Tensors {
    return mapped(tensors, (tensor) => this.#upload(tensor));
  }

  #upload({ dims, data }: StateTensor): Tensor {
    return this.#tf.tensor(data, [...dims]);
  }

  #batch(batch: TrainingBatch): Tensors {
    const [images, labels] = this.#graphs.loss.inputs.map(({ dims }) => [...dims]);
    requireBatch(batch, images!);
    return new Map([
      [port.images, this.#tf.tensor(batch.images, images!)],
      [port.labels, this.#tf.tensor(batch.labels, labels!, 'int32')],
    ]);
  }
}

interface StepGraphs {
  readonly loss: Graph;
  readonly inspection: Graph;
  readonly update: Graph;
  /** Names of the parameters that go down the gradient, and of all that a step changes. */
  readonly trained: readonly string[];
  readonly moving: readonly string[];
}

function stepGraphs(description: StepDescription): StepGraphs {
  const { network, classes, settled } = description;
  const { parameters } = declaredNetwork(network, classes, settling(settled));
  const declared = [...parameters.values()];
  return {
    loss: withObservations(lossGraph(description)),
    inspection: withActivations(withObservations(lossGraph(description))),
    update: applyGraph(description, parameters),
    trained: declared.filter(isTrained).map(({ name }) => name),
    moving: declared.filter(isMoving).map(({ name }) => name),
  };
}

function lossesOf(outputs: StateTensors): Losses {
  return {
    total: outputs.get(port.loss)!.data[0]!,
    crossEntropy: outputs.get(port.crossEntropy)!.data[0]!,
  };
}

/** A copy on this side. */
function downloaded(tensor: Tensor): StateTensor {
  const data = tensor.dataSync();
  if (data instanceof Float32Array) return { dims: tensor.shape, data };
  throw new TypeError(`a float32 tensor is needed, got ${tensor.dtype}`);
}

function mapped<K, A, B>(map: ReadonlyMap<K, A>, convert: (value: A) => B): Map<K, B> {
  return new Map(Array.from(map, ([key, value]) => [key, convert(value)]));
}
