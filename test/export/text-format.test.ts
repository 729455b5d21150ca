import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFormat } from '../../export/text-format.js';
import {
  DataType,
  ModelConfigSchema,
  ModelInstanceGroup_Kind,
} from '../../third_party/triton/model_config_pb.js';
import { parseTritonConfig } from '../fixtures/triton-config.js';

test('every kind of field is written in the text format, defaults that are given too', () => {
  const text = textFormat(ModelConfigSchema, {
    name: 'say "ah"\n\\ ☃',
    maxBatchSize: 0,
    input: [{ dims: [-1n, 2n ** 62n], dataType: DataType.TYPE_UINT8 }, {}],
    instanceGroup: [{ kind: ModelInstanceGroup_Kind.AUTO, passive: true, profile: ['a', 'b'] }],
    schedulingChoice: {
      case: 'dynamicBatching',
      value: { priorityQueuePolicy: { 7: { maxQueueSize: 3 } } },
    },
    metricTags: { 'a key': 'a value' },
  });
  assert.equal(
    text,
    String.raw`name: "say \"ah\"\n\\ ☃"
max_batch_size: 0
input {
  dims: [-1, 4611686018427387904]
  data_type: TYPE_UINT8
}
input {
}
instance_group {
  kind: KIND_AUTO
  passive: true
  profile: ["a", "b"]
}
dynamic_batching {
  priority_queue_policy {
    key: 7
    value {
      max_queue_size: 3
    }
  }
}
metric_tags {
  key: "a key"
  value: "a value"
}
`,
  );
  assert.deepEqual(parseTritonConfig(text), {
    name: 'say "ah"\n\\ ☃',
    max_batch_size: 0,
    input: [{ dims: [-1, 2 ** 62], data_type: 'TYPE_UINT8' }, {}],
    instance_group: [{ kind: 'KIND_AUTO', passive: true, profile: ['a', 'b'] }],
    dynamic_batching: { priority_queue_policy: { 7: { max_queue_size: 3 } } },
    metric_tags: { 'a key': 'a value' },
  });
});
