import { encodeModel } from '../onnx/encode.js';
import type { Graph } from '../onnx/graph.js';
import type { Tensor } from '../onnx/types.js';
import type { OpenSession, Session } from '../runtime/session.js';
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
import { sameLayers, withoutLayers } from './freezing.js';
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
  settling,
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
  readonly #parameters: readonly string[];
  readonly #open: OpenSession;
  #description: StepDescription;
  #graphs: LoadedGraphs;
  #forward: ForwardPass | undefined;
  #state: TrainingState;

  constructor({ description, state, open }: SessionEngineOptions) {
    this.#description = description;
    this.#parameters = [...declaredParameters(description.network, description.classes).keys()];
    this.#open = open;
    this.#graphs = loadedGraphs(description, open);
    this.#state = state;
  }

  get device(): EngineDevice | undefined {
    return this.#graphs.sessions.device;
  }

  get step(): number {
    return this.#state.step;
  }

  async run(batches: readonly TrainingBatch[], rates: readonly Rates[]): Promise<readonly Losses[]> {
    if (batches.length !== rates.length) {
      throw new RangeError(`${batches.length} batches need as many rates, got ${rates.length}`);
    }
    const losses: Losses[] = [];
    for (const [index, batch] of batches.entries()) {
      await this.#settle(rates[index]!);
      const session = await this.#graphs.sessions.get('step');
      const outputs = await session.run({
        ...this.#feedsFor(session),
        ...batchFeeds(batch, this.#graphs.ports.images),
        ...rateFeeds(rates[index]!),
      });
      this.#advance(outputs);
      losses.push(lossesOf(outputs));
    }
    return losses;
  }

  gradients(batch: TrainingBatch): Promise<Differentiated> {
    return this.#graphs.differentiator.gradients(this.#weights(), batch);
  }

  inspect(batch: TrainingBatch): Promise<Inspection> {
    return this.#graphs.differentiator.inspect(this.#weights(), batch);
  }

  async apply(gradients: StateTensors, rates: Rates): Promise<void> {
    await this.#settle(rates);
    const { sessions, ports } = this.#graphs;
    const moving = withoutLayers(gradients, rates.settled ?? []);
    requireSameTensors(weightsOf(this.#weights(), ports.moving, 'raw'), moving);
    const session = await sessions.get('apply');
    const named = new Map(Array.from(moving, ([name, tensor]) => [port.gradient(name), tensor]));
    this.#advance(await session.run({ ...this.#feedsFor(session), ...feedsOf(named), ...rateFeeds(rates) }));
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
    await this.#graphs.sessions.close();
  }

  /** Changes over to the graphs for these settled layers; those before are freed, for they hold the memory of a step. */
  async #settle({ settled = [] }: Rates): Promise<void> {
    if (sameLayers(settled, this.#description.settled ?? [])) return;
    await this.#graphs.sessions.close();
    this.#description = { ...this.#description, settled };
    this.#graphs = loadedGraphs(this.#description, this.#open);
  }

  /** The state, but for what a step leaves alone. */
  #feedsFor({ inputNames }: Session): Record<string, Tensor> {
    return feedsOf(new Map([...this.#state.tensors].filter(([name]) => inputNames.includes(name))));
  }

  #weights(): StateTensors {
    return weightsOf(this.#state.tensors, this.#parameters, 'raw');
  }

  /** A step's outputs become the next step's inputs as they are: no array is copied. What it leaves alone stays. */
  #advance(outputs: Readonly<Record<string, Tensor>>): void {
    const tensors = new Map<string, StateTensor>();
    for (const [name, tensor] of this.#state.tensors) {
      const next = port.next(name);
      tensors.set(name, next in outputs ? { ...tensor, data: floats(outputs, next) } : tensor);
    }
    this.#state = { step: this.#state.step + 1, tensors };
  }
}

interface LoadedGraphs {
  readonly sessions: OnnxSessions<keyof typeof graphs>;
  readonly ports: GraphPorts;
  readonly differentiator: OnnxDifferentiator;
}

function loadedGraphs(description: StepDescription, open: OpenSession): LoadedGraphs {
  const sessions = new OnnxSessions((kind: keyof typeof graphs) => encodedGraph(kind, description), open);
  const ports = graphPorts(description);
  return { sessions, ports, differentiator: new OnnxDifferentiator(sessions, ports) };
}

/** One of a step's graphs as an ONNX file. */
export function encodedGraph(kind: keyof typeof graphs, description: StepDescription): Uint8Array {
  return encodeModel(graphs[kind](description), { name: kind });
}

/** What goes into a step's gradient graphs and comes out of them. */
export function graphPorts({ network, classes, batch, settled }: StepDescription): GraphPorts {
  const { channels, height, width } = network.input;
  const declared = declaredNetwork(network, classes, settling(settled));
  const moving = [...declared.parameters.values()].filter(isMoving).map(({ name }) => name);
  return { images: [batch, channels, height, width], moving, layers: [...layersOf(declared).keys()] };
}

function rateFeeds({ learningRate, emaDecay }: Rates): Record<string, Tensor> {
  return { [port.learningRate]: scalar(learningRate), [port.emaDecay]: scalar(emaDecay) };
}

function scalar(value: number): Tensor {
  return { dtype: 'float32', dims: [], data: Float32Array.of(value) };
}
