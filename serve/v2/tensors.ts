import { tensorNames } from '../../runtime/classifier.js';
import type { ClassifierMetadata } from '../../runtime/metadata.js';

/** The protocol's names of element types. */
export const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;
export type Datatype = (typeof datatypes)[number];

/** A tensor that goes into a model or comes out of it. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** Without the batch, which comes first. */
  readonly dims: readonly number[];
}

/** The tensors of a kiln file that this service takes and gives; workers do not compute the file's logits. */
export function tensorsOf({ frame, labels }: ClassifierMetadata) {
  return {
    input: { name: tensorNames.images, datatype: 'UINT8', dims: [frame.height, frame.width, 3] },
    output: { name: tensorNames.probabilities, datatype: 'FP32', dims: [labels.length] },
  } satisfies Record<string, TensorSpec>;
}

/** Elements of one row. */
export function elementsOf({ dims }: TensorSpec): number {
  return dims.reduce((product, size) => product * size, 1);
}
