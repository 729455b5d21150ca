import Type, { type Static } from 'typebox';
import type { LiveModel } from '../models/live-model.js';
import { type TensorSpec, tensorsOf } from './tensors.js';

const metadataTensor = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer(), { description: '-1: any size.' }),
});

/** `$metadata_model_response` */
export const modelMetadata = Type.Object({
  name: Type.String(),
  versions: Type.Array(Type.String()),
  platform: Type.Literal('onnx_onnxv1'),
  inputs: Type.Array(metadataTensor),
  outputs: Type.Array(metadataTensor),
});

/** @param versions that answer requests */
export function modelMetadataOf(
  { name, metadata }: Pick<LiveModel, 'name' | 'metadata'>,
  versions: readonly string[],
): Static<typeof modelMetadata> {
  const { input, output } = tensorsOf(metadata);
  return {
    name,
    versions: [...versions],
    platform: 'onnx_onnxv1',
    inputs: [describe(input)],
    outputs: [describe(output)],
  };
}

function describe({ name, datatype, dims }: TensorSpec): Static<typeof metadataTensor> {
  return { name, datatype, shape: [-1, ...dims] };
}
