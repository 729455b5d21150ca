import type { Network } from '../networks/network.js';
import { encodeModel } from '../onnx/encode.js';
import { type ClassifierMetadata, encodeMetadata } from '../runtime/metadata.js';
import type { StateTensors } from '../train/engine.js';
import { foldNormalisation } from './fold-normalisation.js';
import { inferenceGraph } from './inference-graph.js';

/** A finished kiln file: picture bytes in, probabilities out, batch normalisations folded, metadata inside. */
export function encodeClassifier(
  network: Network,
  weights: StateTensors,
  metadata: ClassifierMetadata,
): Uint8Array {
  const { frame, labels, views = 1 } = metadata;
  const values = new Map(Array.from(weights, ([name, { data }]) => [name, data]));
  const folded = foldNormalisation(inferenceGraph(network, frame, labels.length, { views }), values);
  return encodeModel(folded.graph, {
    name: metadata.name,
    parameters: folded.weights,
    metadata: encodeMetadata(metadata),
    producer: { name: 'onnx-kiln', version: metadata.producer.version },
  });
}
