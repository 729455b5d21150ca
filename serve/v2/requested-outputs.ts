import { KilnError } from '../../errors/errors.js';
import type { InferRequestJson, Parameters } from './infer-schema.js';
import type { TensorSpec } from './tensors.js';

/** How one output is to be answered. */
export interface RequestedOutput {
  readonly tensor: TensorSpec;
  readonly encoding: 'json' | 'binary';
  /** The tensor itself, or of each row the `count` highest elements as strings (extension `classification`). */
  readonly content: { readonly kind: 'tensor' } | { readonly kind: 'classes'; readonly count: number };
}

/**
 * The outputs that a request names, in its order; all of them where it names none.
 *
 * @throws KilnError REQUEST_INVALID
 */
export function requestedOutputs(
  { outputs = [], parameters }: InferRequestJson,
  tensors: readonly TensorSpec[],
): RequestedOutput[] {
  const binary = booleanOf(parameters, 'binary_data_output', false);
  const asked = outputs.length === 0 ? tensors.map(({ name }) => ({ name, parameters: undefined })) : outputs;
  return asked.map((output, index) => {
    const tensor = tensors.find(({ name }) => name === output.name);
    if (tensor === undefined || asked.findIndex(({ name }) => name === output.name) !== index) {
      throw new KilnError('REQUEST_INVALID', {
        expected: `each output once, of ${tensors.map(({ name }) => name).join(', ')}`,
        received: tensor === undefined ? `output ${output.name}` : `output ${output.name} twice`,
      });
    }
    refuseSharedMemory(output.parameters);
    const count = countOf(output.parameters, 'classification') ?? 0;
    return {
      tensor,
      encoding: booleanOf(output.parameters, 'binary_data', binary) ? 'binary' : 'json',
      content: count === 0 ? { kind: 'tensor' } : { kind: 'classes', count },
    };
  });
}

/** @throws KilnError REQUEST_INVALID: data elsewhere than in the request would silently be missing */
export function refuseSharedMemory(parameters: Parameters | undefined): void {
  if (parameters?.shared_memory_region === undefined) return;
  throw new KilnError('REQUEST_INVALID', {
    expected: 'tensors in the request itself: shared memory is not offered',
    received: `shared_memory_region ${parameters.shared_memory_region}`,
  });
}

/** A count parameter, in whole numbers; undefined where it is not given. @throws KilnError REQUEST_INVALID */
export function countOf(parameters: Parameters | undefined, name: string): number | undefined {
  const value = parameters?.[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new KilnError('REQUEST_INVALID', { expected: `${name}: a whole number`, received: String(value) });
}

function booleanOf(parameters: Parameters | undefined, name: string, usual: boolean): boolean {
  const value = parameters?.[name] ?? usual;
  if (typeof value === 'boolean') return value;
  throw new KilnError('REQUEST_INVALID', { expected: `${name}: true or false`, received: String(value) });
}
