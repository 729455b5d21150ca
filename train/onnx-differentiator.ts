import type { Tensor } from '../onnx/types.js';
import { requireBatch } from './batch-shape.js';
import type { Differentiated, Differentiator } from './differentiator.js';
import type { EngineDevice, Inspection, Losses, StateTensors, TrainingBatch } from './engine.js';
import { feedsOf, floats } from './forward-pass.js';
import type { OnnxSessions } from './onnx-sessions.js';
import { port } from './step-graph.js';

/** The graphs of the first half of a step. */
export type GradientGraphs = 'gradients' | 'inspection';

/** What goes into these graphs and comes out of them, beside weights and their gradients. */
export interface GraphPorts {
  /** Dimensions of the images: [batch, channels, height, width]. */
  readonly images: readonly number[];
  /** Names of the parameters of which there are gradients. */
  readonly moving: readonly string[];
  /** Names of the layers whose activations the inspection graph answers. */
  readonly layers: readonly string[];
}

/** Of a family of graphs that may hold others too. */
type Sessions = Pick<OnnxSessions<GradientGraphs>, 'device' | 'get' | 'close'>;

/** Differentiates by ONNX graphs alone: no network is needed here, so a process can do it that has none. */
export class OnnxDifferentiator implements Differentiator {
  readonly #sessions: Sessions;
  readonly #ports: GraphPorts;

  constructor(sessions: Sessions, ports: GraphPorts) {
    this.#sessions = sessions;
    this.#ports = ports;
  }

  get device(): EngineDevice | undefined {
    return this.#sessions.device;
  }

  async gradients(weights: StateTensors, batch: TrainingBatch): Promise<Differentiated> {
    const outputs = await this.#run('gradients', weights, batch);
    return { losses: lossesOf(outputs), gradients: tensorsOf(outputs, this.#ports.moving, port.gradient) };
  }

  async inspect(weights: StateTensors, batch: TrainingBatch): Promise<Inspection> {
    const outputs = await this.#run('inspection', weights, batch);
    return {
      losses: lossesOf(outputs),
      gradients: tensorsOf(outputs, this.#ports.moving, port.gradient),
      activations: tensorsOf(outputs, this.#ports.layers, port.activations),
    };
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  async #run(kind: GradientGraphs, weights: StateTensors, batch: TrainingBatch): Promise<Outputs> {
    const session = await this.#sessions.get(kind);
    return session.run({ ...feedsOf(weights), ...batchFeeds(batch, this.#ports.images) });
  }
}

type Outputs = Readonly<Record<string, Tensor>>;

/** A batch as a step's graph takes it. @throws SHAPE_MISMATCH for another size */
export function batchFeeds(batch: TrainingBatch, dims: readonly number[]): Record<string, Tensor> {
  requireBatch(batch, dims);
  return {
    [port.images]: { dtype: 'float32', dims, data: batch.images },
    [port.labels]: { dtype: 'int32', dims: [dims[0]!], data: batch.labels },
  };
}

export function lossesOf(outputs: Outputs): Losses {
  return {
    total: floats(outputs, port.loss)[0]!,
    crossEntropy: floats(outputs, port.crossEntropy)[0]!,
  };
}

function tensorsOf(
  outputs: Outputs,
  names: Iterable<string>,
  portOf: (name: string) => string,
): StateTensors {
  return new Map(
    Array.from(names, (name) => {
      const data = floats(outputs, portOf(name));
      return [name, { dims: outputs[portOf(name)]!.dims, data }];
    }),
  );
}
