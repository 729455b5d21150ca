import Type, { type Static } from 'typebox';
import type { LiveModel } from '../models/live-model.js';
import { type TensorSpec, tensorsOf } from './tensors.js';

const configTensor = {
  name: Type.String(),
  data_type: Type.String({ description: '`TYPE_` and the datatype.' }),
  dims: Type.Array(Type.Integer(), { description: 'Without the batch.' }),
};

/** What of Triton's ModelConfig (triton-inference-server/common, model_config.proto) has a counterpart here. */
export const modelConfig = Type.Object({
  name: Type.String(),
  platform: Type.Literal('onnxruntime_onnx'),
  backend: Type.Literal('onnxruntime'),
  max_batch_size: Type.Integer({ description: 'Rows of one run; a request with more is divided.' }),
  input: Type.Array(Type.Object({ ...configTensor, format: Type.Literal('FORMAT_NHWC') })),
  output: Type.Array(Type.Object(configTensor)),
  instance_group: Type.Array(
    Type.Object({ name: Type.String(), kind: Type.Enum(['KIND_CPU', 'KIND_GPU']), count: Type.Integer() }),
  ),
  default_model_filename: Type.String(),
  dynamic_batching: Type.Object({
    max_queue_delay_microseconds: Type.Integer(),
    default_queue_policy: Type.Object({
      timeout_action: Type.Literal('REJECT'),
      default_timeout_microseconds: Type.Integer(),
      allow_timeout_override: Type.Boolean(),
      max_queue_size: Type.Integer({ description: 'In rows, where Triton counts requests.' }),
    }),
  }),
});

/** @param workers inference threads, which all models share */
export function modelConfigOf(
  { name, metadata, provider, batcher }: LiveModel,
  workers: number,
): Static<typeof modelConfig> {
  const { input, output } = tensorsOf(metadata);
  const { maxBatch, maxDelayMs, queueRows, deadlineMs } = batcher.settings;
  return {
    name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: maxBatch,
    input: [{ ...describe(input), format: 'FORMAT_NHWC' }],
    output: [describe(output)],
    instance_group: [{ name, kind: provider === 'cpu' ? 'KIND_CPU' : 'KIND_GPU', count: workers }],
    default_model_filename: 'model.onnx',
    dynamic_batching: {
      max_queue_delay_microseconds: maxDelayMs * 1000,
      default_queue_policy: {
        timeout_action: 'REJECT',
        default_timeout_microseconds: deadlineMs * 1000,
        allow_timeout_override: true,
        max_queue_size: queueRows,
      },
    },
  };
}

function describe({ name, datatype, dims }: TensorSpec) {
  return { name, data_type: `TYPE_${datatype}`, dims: [...dims] };
}
