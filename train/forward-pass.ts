import type { Network } from '../networks/network.js';
import { encodeModel } from '../onnx/encode.js';
import type { Tensor } from '../onnx/types.js';
import type { OpenSession, Session } from '../runtime/session.js';
import type { StateTensors } from './engine.js';
import { forwardGraph, port } from './step-graph.js';

/** A network's forward pass with weights that are given at each call: what training is measured by. */
export class ForwardPass {
  readonly #network: Network;
  readonly #session: Promise<Session>;

  constructor(network: Network, classes: number, open: OpenSession) {
    this.#network = network;
    this.#session = open(encodeModel(forwardGraph(network, classes), { name: 'forward' }));
    // Whoever runs it learns of a failure.
    this.#session.catch(() => {});
  }

  /**
   * @param weights one tensor a parameter of the network
   * @param images float32 [count, channels, height, width], preprocessed
   * @returns logits, float32 [count, classes]
   */
  async run(weights: StateTensors, images: Float32Array, count: number): Promise<Float32Array> {
    const session = await this.#session;
    const { channels, height, width } = this.#network.input;
    const outputs = await session.run({
      ...feedsOf(weights),
      [port.images]: { dtype: 'float32', dims: [count, channels, height, width], data: images },
    });
    return floats(outputs, 'logits');
  }

  async close(): Promise<void> {
    await releaseLoaded(this.#session);
  }
}

/** Releases a session unless it could not be loaded, of which whoever ran it was told. */
export async function releaseLoaded(loading: Promise<Session>): Promise<void> {
  const session = await loading.catch(() => undefined);
  await session?.release();
}

/** Tensors of the state as a session takes them. */
export function feedsOf(tensors: StateTensors): Record<string, Tensor> {
  return Object.fromEntries(
    Array.from(tensors, ([name, { dims, data }]) => [name, { dtype: 'float32', dims, data }]),
  );
}

/** An output that is float32 by the graph's construction. */
export function floats(outputs: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new TypeError(`the graph gives no float32 ${name}`);
}
