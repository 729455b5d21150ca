import { KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import { formatShape, sameShape } from '../onnx/shape.js';
import type { StateTensor, StateTensors, TrainingState, WeightSet } from './engine.js';
import { keepsMomentum, type Optimizer } from './optimizers.js';
import { declaredParameters, initialParameters, type SampleOf } from './parameters.js';
import { companion } from './step-graph.js';

/**
 * The state before the first step: averages begin as the weights, momenta at zero.
 * @param sample pictures for what is computed from the data, as `initialParameters` takes them
 */
export function initialState(
  network: Network,
  classes: number,
  optimizer: Optimizer,
  seed: number,
  sample?: SampleOf,
): TrainingState {
  const tensors = new Map<string, StateTensor>();
  const values = initialParameters(network, classes, seed, sample);
  for (const [name, parameter] of declaredParameters(network, classes)) {
    const { dims } = parameter;
    const data = values.get(name)!;
    tensors.set(name, { dims, data });
    tensors.set(companion.ema(name), { dims, data });
    if (keepsMomentum(parameter, optimizer))
      tensors.set(companion.momentum(name), { dims, data: new Float32Array(data.length) });
  }
  return { step: 0, tensors };
}

/** The weights of a state under the names of the network's parameters. */
export function weightsOf(tensors: StateTensors, parameters: Iterable<string>, set: WeightSet): StateTensors {
  return new Map(
    Array.from(parameters, (name) => {
      const stored = set === 'ema' ? companion.ema(name) : name;
      const tensor = tensors.get(stored);
      if (tensor === undefined) throw mismatch(`a tensor ${stored}`, 'none');
      return [name, tensor];
    }),
  );
}

type Shapes = ReadonlyMap<string, Pick<StateTensor, 'dims'>>;

/** @throws CHECKPOINT_MISMATCH unless both have the same names with the same shapes */
export function requireSameTensors(expected: Shapes, received: Shapes): void {
  for (const [name, { dims }] of expected) {
    const tensor = received.get(name);
    if (tensor === undefined || !sameShape(tensor.dims, dims)) {
      throw mismatch(
        `${name} of shape ${formatShape(dims)}`,
        tensor === undefined ? 'none' : formatShape(tensor.dims),
      );
    }
  }
  for (const name of received.keys()) {
    if (!expected.has(name)) throw mismatch(`${expected.size} tensors`, `${name} besides`);
  }
}

/** Whether every number of a state is finite; a state that is not is never written. */
export function allFinite({ tensors }: TrainingState): boolean {
  for (const { data } of tensors.values()) {
    // A sum of finite numbers may overflow, so each is looked at; for…of would be ten times slower.
    for (let index = 0; index < data.length; index += 1) if (!Number.isFinite(data[index])) return false;
  }
  return true;
}

function mismatch(expected: string, received: string): KilnError {
  return new KilnError('CHECKPOINT_MISMATCH', { expected, received });
}
