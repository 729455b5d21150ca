import { KilnError } from '../../../errors/errors.js';
import type { Network } from '../../../networks/network.js';
import { networks } from '../../../networks/registry.js';
import { decodeModel } from '../../../onnx/decode.js';
import { floatInitialisers } from '../../../onnx/initialisers.js';
import { formatShape, sameShape } from '../../../onnx/shape.js';
import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import { openModelFile } from '../../../runtime/model-file.js';
import type { StateTensor, StateTensors } from '../../../train/engine.js';
import { declaredParameters, foldedStatistic } from '../../../train/parameters.js';
import { sha256 } from '../sha256.js';

/** What is taught on top of: a kiln file, taken apart. */
export interface BaseModel {
  readonly metadata: ClassifierMetadata;
  /** sha256 (hex) of the file. */
  readonly digest: string;
  readonly network: Network;
  /** The network's parameters by name. */
  readonly weights: StateTensors;
}

/**
 * @throws MODEL_INVALID, MODEL_NOT_KILN; NETWORK_UNKNOWN for a network of somebody's own; CHECKPOINT_MISMATCH where the
 *   file does not hold the weights of the network that it names, as when a layer was folded into another
 */
export async function openBaseModel(bytes: Uint8Array): Promise<BaseModel> {
  const { metadata } = openModelFile(bytes);
  const network = networkOf(metadata);
  const tensors = floatInitialisers(decodeModel(bytes));
  const declared = declaredParameters(network, metadata.labels.length);
  const weights = new Map<string, StateTensor>();
  for (const [name, parameter] of declared) {
    const { dims } = parameter;
    const tensor = tensors.get(name) ?? foldedStatistic(parameter);
    if (tensor === undefined || !sameShape(tensor.dims, dims)) {
      throw new KilnError('CHECKPOINT_MISMATCH', {
        message: 'The file does not hold the weights of the network that it names.',
        expected: `${name} ${formatShape(dims)} of ${network.name}`,
        received: tensor === undefined ? 'none' : formatShape(tensor.dims),
      });
    }
    weights.set(name, tensor);
  }
  return { metadata, digest: await sha256(bytes), network, weights };
}

function networkOf({ network: { name } }: ClassifierMetadata): Network {
  const known = Object.entries<Network>(networks).find(([key]) => key === name)?.[1];
  if (known !== undefined) return known;
  throw new KilnError('NETWORK_UNKNOWN', {
    message: 'A browser can teach only the networks that come with kiln.',
    expected: Object.keys(networks).join(', '),
    received: name,
  });
}
