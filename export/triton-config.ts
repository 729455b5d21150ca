import type { MessageInitShape } from '@bufbuild/protobuf';
import { tensorNames } from '../runtime/classifier.js';
import type { ClassifierMetadata } from '../runtime/metadata.js';
import {
  DataType,
  ModelConfigSchema,
  ModelInput_Format,
  ModelInstanceGroup_Kind,
  ModelQueuePolicy_TimeoutAction,
} from '../third_party/triton/model_config_pb.js';
import { textFormat } from './text-format.js';

/** Batching as `kiln serve` does it by default (serve/batching-settings.ts), in Triton's units. */
const maxBatch = 32;
const preferredBatches = [4, 8, 16, 32];
const maxQueueDelayMicroseconds = 0n;
const maxQueuedRequests = 256;
const deadlineMicroseconds = 10_000_000n;

/** Beside config.pbtxt: the labels in the order of the outputs, for Triton's classification extension. */
export const labelsFile = 'labels.txt';

/**
 * The config.pbtxt with which Triton serves a kiln file by its ONNX Runtime backend: dynamic batching, a bounded queue,
 * and a warm-up of every preferred batch size before it is ready.
 *
 * @param name the folder's, which Triton demands
 */
export function tritonConfig(name: string, { frame, labels }: ClassifierMetadata): string {
  const images = [frame.height, frame.width, 3].map(BigInt);
  const output = (tensor: string) => ({
    name: tensor,
    dataType: DataType.TYPE_FP32,
    dims: [BigInt(labels.length)],
    labelFilename: labelsFile,
  });
  const warmup = (batchSize: number) => ({
    name: `batch of ${batchSize}`,
    batchSize,
    inputs: {
      [tensorNames.images]: {
        dataType: DataType.TYPE_UINT8,
        dims: images,
        inputDataType: { case: 'randomData' as const, value: true },
      },
    },
  });
  const config: MessageInitShape<typeof ModelConfigSchema> = {
    name,
    platform: 'onnxruntime_onnx',
    maxBatchSize: maxBatch,
    input: [
      {
        name: tensorNames.images,
        dataType: DataType.TYPE_UINT8,
        format: ModelInput_Format.NHWC,
        dims: images,
      },
    ],
    output: [output(tensorNames.probabilities), output(tensorNames.logits)],
    // One instance on every GPU there is, else one on the CPU.
    instanceGroup: [{ kind: ModelInstanceGroup_Kind.AUTO, count: 1 }],
    schedulingChoice: {
      case: 'dynamicBatching',
      value: {
        preferredBatchSize: preferredBatches,
        maxQueueDelayMicroseconds,
        defaultQueuePolicy: {
          timeoutAction: ModelQueuePolicy_TimeoutAction.REJECT,
          defaultTimeoutMicroseconds: deadlineMicroseconds,
          maxQueueSize: maxQueuedRequests,
        },
      },
    },
    modelWarmup: [1, ...preferredBatches].map(warmup),
  };
  return textFormat(ModelConfigSchema, config);
}

/** One label a line; a line break in one would shift all that follow. */
export function tritonLabels({ labels }: ClassifierMetadata): string {
  return labels.map((label) => `${label.replaceAll(/[\r\n]+/g, ' ')}\n`).join('');
}
