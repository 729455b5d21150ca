import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import { decodeModel } from '../onnx/decode.js';
import { floatInitialisers } from '../onnx/initialisers.js';
import { formatShape, sameShape, sizeOf } from '../onnx/shape.js';
import { openModelFile } from '../runtime/model-file.js';
import { decodeCheckpoint } from './checkpoint.js';
import type { StateTensors, TrainingState } from './engine.js';
import { declaredParameters, foldedStatistic } from './parameters.js';
import { weightsOf } from './state.js';
import { companion } from './step-graph.js';

/** A file whose weights a run begins with, as config.json keeps it. */
export interface WeightSource {
  /** Absolute. */
  readonly path: string;
  /** sha256 (hex) of the file. */
  readonly digest: string;
}

/** @throws FILE_NOT_FOUND */
export async function identifySource(path: string): Promise<WeightSource> {
  return { path: resolve(path), digest: sha256(await read(path)) };
}

export interface WarmStart {
  readonly state: TrainingState;
  /** For people: what was taken over, and what is new. */
  readonly remark: string;
}

/**
 * A state before the first step that begins with the weights of an exported file, or with the averaged ones of a
 * checkpoint. Averages begin as these weights, momenta stay at zero. Where the file knows another number of classes,
 * tensors whose shape follows that number keep the values of `cold`; all others must be there in the network's shape.
 *
 * @param cold the state that the run would begin with otherwise
 * @throws FILE_NOT_FOUND, MODEL_…, CHECKPOINT_CORRUPT; CHECKPOINT_MISMATCH naming all that does not fit, or where the
 *   file was changed
 */
export async function warmStart(
  cold: TrainingState,
  network: Network,
  classes: number,
  source: WeightSource,
): Promise<WarmStart> {
  const file = await readWeights(source);
  const declared = declaredParameters(network, classes);
  const before = declaredParameters(network, file.classes);
  const tensors = new Map(cold.tensors);
  const fresh: string[] = [];
  const misfits: string[] = [];
  let known = 0;
  for (const [name, parameter] of declared) {
    const { dims } = parameter;
    const found = file.weights.get(name);
    if (found !== undefined) known += sizeOf(found.dims);
    const tensor = found ?? foldedStatistic(parameter);
    if (tensor !== undefined && sameShape(tensor.dims, dims)) {
      tensors.set(name, tensor);
      tensors.set(companion.ema(name), tensor);
    } else if (tensor !== undefined && sameShape(tensor.dims, before.get(name)?.dims ?? [])) {
      fresh.push(name);
    } else {
      const there = tensor === undefined ? 'which the file lacks' : `${formatShape(tensor.dims)} in the file`;
      misfits.push(`${name} ${formatShape(dims)}, ${there}`);
    }
  }
  if (known < file.trained) {
    const strangers = [...file.weights].flatMap(([name, { dims }]) =>
      declared.has(name) || dims.length === 0 ? [] : [name],
    );
    misfits.push(`${strangers.join(', ')}, which the network lacks`);
  }
  const path = relative('', source.path);
  if (misfits.length > 0) {
    throw new KilnError('CHECKPOINT_MISMATCH', {
      message: 'The file to begin with does not fit the network.',
      expected: `the weights of ${network.name}; only what follows the number of classes may differ`,
      received: `${path}: ${misfits.join('; ')}`,
    });
  }
  const taken = declared.size - fresh.length;
  const rest = fresh.length === 0 ? '' : `; new for ${classes} classes: ${fresh.join(', ')}`;
  return {
    state: { step: 0, tensors },
    remark: `begins with ${taken} of ${declared.size} tensors of ${path}${rest}`,
  };
}

interface Weights {
  readonly weights: StateTensors;
  readonly classes: number;
  /** Trained numbers in the file: an ONNX file has constants too, which `weights` cannot tell apart. */
  readonly trained: number;
}

async function readWeights({ path, digest }: WeightSource): Promise<Weights> {
  const bytes = await read(path);
  if (sha256(bytes) !== digest) {
    throw new KilnError('CHECKPOINT_MISMATCH', {
      message: 'The file to begin with was changed since the run began.',
      expected: `${path} with sha256 ${digest}`,
      received: sha256(bytes),
    });
  }
  if (path.endsWith('.safetensors')) {
    const { metadata, state } = decodeCheckpoint(bytes);
    const names = [...state.tensors.keys()].filter((name) => state.tensors.has(companion.ema(name)));
    const weights = weightsOf(state.tensors, names, 'ema');
    const trained = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    return { weights, classes: metadata.labels.length, trained };
  }
  const { labels, network } = openModelFile(bytes).metadata;
  const weights = floatInitialisers(decodeModel(bytes));
  return { weights, classes: labels.length, trained: network.parameters };
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new KilnError('FILE_NOT_FOUND', {
      expected: `an exported ONNX file or a checkpoint to begin with at ${path}`,
      received,
      cause,
    });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
