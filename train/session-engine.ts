import { encodeModel } from '../onnx/encode.js';
import type { Graph } from '../onnx/graph.js';
import type { Tensor } from '../onnx/types.js';
import type { OpenSession } from '../runtime/session.js';
import type { Differentiated } from './differentiator.js';
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
} from './engine.js';
import { ForwardPass, feedsOf, floats } from './forward-pass.js';
import { batchFeeds, type GraphPorts, lossesOf, OnnxDifferentiator } from './onnx-differentiator.js';
import { OnnxSessions } from './onnx-sessions.js';
import { declaredNetwork, declaredParameters } from './parameters.js';
import { requireSameTensors, weightsOf } from './state.js';
import {
  applyGraph,
  gradientGraph,
  inspectionGraph,
  isMoving,
  layersOf,
  port,
  type StepDescription,
  stepGraph,
} from './step-graph.js';

export interface SessionEngineOptions {
  readonly description: StepDescription;
  readonly state: TrainingState;
  readonly open: OpenSession;
}

/** The graphs of a step and how each is written. */
const graphs = {
  step: (description) => stepGraph(description),
  gradients: (description) => gradientGraph(description),
  inspection: (description) => inspectionGraph(description),
  apply: (description) =>
    applyGraph(description, declaredParameters(description.network, description.classes)),
} as const satisfies Record<string, (description: StepDescription) => Graph>;

/** Trains by plain ONNX graphs in whatever opens a session for them; each graph is loaded when it is first needed. */
export class SessionEngine implements TrainingEngine {
  readonly #description: StepDescription;
  readonly #parameters: readonly string[];
  readonly #open: OpenSession;
  readonly #sessions: OnnxSessions<keyof typeof graphs>;
  readonly #ports: GraphPorts;
  readonly #differentiator: OnnxDifferentiator;
  #forward: ForwardPass | undefined;
  #state: TrainingState;

  constructor({ description, state, open }: SessionEngineOptions) {
    this.#description = description;
    this.#parameters = [...declaredParameters(description.network, description.classes).keys()];
    this.#open = open;
    this.#sessions = new OnnxSessions((kind) => encodedGraph(kind, description), open);
    this.#ports = graphPorts(description);
    this.#differentiator = new OnnxDifferentiator(this.#sessions, this.#ports);
    this.#state = state;
  }

  get device(): EngineDevice | undefined {
    return this.#sessions.device;
  }

  get step(): number {
    return this.#state.step;
  }

  async run(batches: readonly TrainingBatch[], rates: readonly Rates[]): Promise<readonly Losses[]> {
    if (batches.length !== rates.length) {
      throw new RangeError(`${batches.length} batches need as many rates, got ${rates.length}`);
    }
    const session = await this.#sessions.get('step');
    const losses: Losses[] = [];
    for (const [index, batch] of batches.entries()) {
      const outputs = await session.run({
        ...feedsOf(this.#state.tensors),
        ...batchFeeds(batch, this.#ports.images),
        ...rateFeeds(rates[index]!),
      });
      this.#advance(outputs);
      losses.push(lossesOf(outputs));
    }
    return losses;
  }

  gradients(batch: TrainingBatch): Promise<Differentiated> {
    return this.#differentiator.gradients(this.#weights(), batch);
  }

  inspect(batch: TrainingBatch): Promise<Inspection> {
    return this.#differentiator.inspect(this.#weights(), batch);
  }

  async apply(gradients: StateTensors, rates: Rates): Promise<void> {
    requireSameTensors(weightsOf(this.#weights(), this.#ports.moving, 'raw'), gradients);
    const session = await this.#sessions.get('apply');
    const named = new Map(Array.from(gradients, ([name, tensor]) => [port.gradient(name), tensor]));
    this.#advance(
      await session.run({ ...feedsOf(this.#state.tensors), ...feedsOf(named), ...rateFeeds(rates) }),
    );
  }

  async evaluate(images: Float32Array, count: number, weights: WeightSet): Promise<Float32Array> {
    const { network, classes } = this.#description;
    this.#forward ??= new ForwardPass(network, classes, this.#open);
    return this.#forward.run(weightsOf(this.#state.tensors, this.#parameters, weights), images, count);
  }

  snapshot(): TrainingState {
    return this.#state;
  }

  restore(state: TrainingState): void {
    requireSameTensors(this.#state.tensors, state.tensors);
    this.#state = state;
  }

  async close(): Promise<void> {
    await this.#forward?.close();
    await this.#sessions.close();
  }

  #weights(): StateTensors {
    return weightsOf(this.#state.tensors, this.#parameters, 'raw');
  }

  /** A step's outputs become the next step's inputs as they are: no array is copied. */
  #advance(outputs: Readonly<Record<string, Tensor>>): void {
    const tensors = new Map<string, StateTensor>();
    for (const [name, { dims }] of this.#state.tensors) {
      tensors.set(name, { dims, data: floats(outputs, port.next(name)) });
    }
    this.#state = { step: this.#state.step + 1, tensors };
  }
}

/** One of a step's graphs as an ONNX file. */
export function encodedGraph(kind: keyof typeof graphs, description: StepDescription): Uint8Array {
  return encodeModel(graphs[kind](description), { name: kind });
}

/** What goes into a step's gradient graphs and comes out of them. */
export function graphPorts({ network, classes, batch }: StepDescription): GraphPorts {
  const { channels, height, width } = network.input;
  const declared = declaredNetwork(network, classes);
  const moving = [...declared.parameters.values()].filter(isMoving).map(({ name }) => name);
  return { images: [batch, channels, height, width], moving, layers: [...layersOf(declared).keys()] };
}

function rateFeeds({ learningRate, emaDecay }: Rates): Record<string, Tensor> {
  return { [port.learningRate]: scalar(learningRate), [port.emaDecay]: scalar(emaDecay) };
}

function scalar(value: number): Tensor {
  return { dtype: 'float32', dims: [], data: Float32Array.of(value) };
}
