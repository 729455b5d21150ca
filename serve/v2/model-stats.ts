import Type, { type Static } from 'typebox';
import type { LiveModel } from '../models/live-model.js';
import type { ComputeStatistics } from '../models/model-statistics.js';

const duration = Type.Object({ count: Type.Integer(), ns: Type.Integer() });
const compute = { compute_input: duration, compute_infer: duration, compute_output: duration };

const modelStat = Type.Object({
  name: Type.String(),
  version: Type.String(),
  last_inference: Type.Integer({ description: 'ms since the epoch; 0: none yet.' }),
  inference_count: Type.Integer({ description: 'Rows.' }),
  execution_count: Type.Integer({ description: 'Runs.' }),
  inference_stats: Type.Object({
    success: duration,
    fail: duration,
    queue: duration,
    ...compute,
    cache_hit: duration,
    cache_miss: duration,
  }),
  batch_stats: Type.Array(Type.Object({ batch_size: Type.Integer(), ...compute })),
});

/** The answer of the extension `statistics`. */
export const modelStats = Type.Object({ model_stats: Type.Array(modelStat) });

/** There is no response cache, whose counters Triton's clients read nonetheless. */
const never = { count: 0, ns: 0 };

export function modelStatsOf(models: readonly LiveModel[]): Static<typeof modelStats> {
  return { model_stats: models.map(statOf) };
}

function statOf({ name, version, statistics }: LiveModel): Static<typeof modelStat> {
  const { inference } = statistics.snapshot();
  const { success, fail, queue } = inference;
  return {
    name,
    version,
    last_inference: inference.lastInference,
    inference_count: inference.inferenceCount,
    execution_count: inference.executionCount,
    inference_stats: {
      success,
      fail,
      queue,
      ...computeOf(inference),
      cache_hit: never,
      cache_miss: never,
    },
    batch_stats: inference.batches.map((batch) => ({ batch_size: batch.size, ...computeOf(batch) })),
  };
}

function computeOf({ computeInput, computeInfer, computeOutput }: ComputeStatistics) {
  return { compute_input: computeInput, compute_infer: computeInfer, compute_output: computeOutput };
}
