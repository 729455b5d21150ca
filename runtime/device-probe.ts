import { encodeModel } from '../onnx/encode.js';
import { Graph } from '../onnx/graph.js';
import { conv } from '../onnx/operators/index.js';
import type { Device } from './classifier.js';
import { createSession } from './onnxruntime-node.js';
import type { Placement } from './worker-protocol.js';

/**
 * Finds out what `device` comes to on this machine before there is a model: one convolution, the operator for which
 * a GPU needs most of its libraries, really runs.
 *
 * @throws DEVICE_UNAVAILABLE with the reason of everything that was tried
 */
export async function settleDevice(device: Device): Promise<Placement> {
  if (device === 'cpu') return { provider: 'cpu', failed: [] }; // runs wherever ONNX Runtime loads
  const session = await createSession(probe(), {
    device,
    threads: 1,
    spinning: false,
    tryOut: async (candidate) => {
      const data = new Float32Array(9);
      await candidate.run({ images: { dtype: 'float32', dims: [1, 1, 3, 3], data } });
    },
  });
  const { provider, failed } = session;
  await session.release();
  return { provider, failed };
}

function probe(): Uint8Array {
  const graph = new Graph();
  const images = graph.input('images', 'float32', [1, 1, 3, 3]);
  const filter = graph.constant('float32', [1, 1, 2, 2], Float32Array.of(1, 1, 1, 1));
  graph.output('sums', conv(images, filter)); // [1, 1, 2, 2]
  return encodeModel(graph, { name: 'probe' });
}
