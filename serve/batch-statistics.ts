import Type, { type Static } from 'typebox';
import type { LiveModel } from './models/live-model.js';

export const batchStatistics = Type.Object({
  batches: Type.Integer({ minimum: 0, description: 'Runs of the model for requests.' }),
  rows: Type.Integer({ minimum: 0, description: 'Pictures in those runs.' }),
  meanBatch: Type.Number({ minimum: 0, description: 'rows / batches.' }),
  sizes: Type.Array(Type.Integer({ minimum: 0 }), { description: 'sizes[n]: how many runs had n pictures.' }),
  background: Type.Object(
    { batches: Type.Integer({ minimum: 0 }), rows: Type.Integer({ minimum: 0 }) },
    { description: 'Runs for evaluations.' },
  ),
  refused: Type.Integer({ minimum: 0, description: 'Requests that found the queue full.' }),
  expired: Type.Integer({ minimum: 0, description: 'Requests that waited too long.' }),
  abandoned: Type.Integer({ minimum: 0, description: 'Requests whose client left before they ran.' }),
  waitingRows: Type.Integer({ minimum: 0, description: 'Pictures that wait now, decoding included.' }),
  runningBatches: Type.Integer({ minimum: 0, description: 'Runs under way now.' }),
});

export type BatchStatistics = Static<typeof batchStatistics>;

/** The totals of one model version since it was loaded. */
export function batchStatisticsOf({ statistics, batcher }: LiveModel): BatchStatistics {
  const { requests, background, turnedAway, inference } = statistics.snapshot();
  const sizes = new Array<number>(batcher.settings.maxBatch + 1).fill(0);
  for (const { size, computeInfer } of inference.batches) sizes[size] = computeInfer.count;
  return {
    ...requests,
    meanBatch: requests.batches === 0 ? 0 : requests.rows / requests.batches,
    sizes,
    background,
    refused: turnedAway.full,
    expired: turnedAway.expired,
    abandoned: turnedAway.abandoned,
    waitingRows: batcher.waitingRows,
    runningBatches: batcher.runningBatches,
  };
}
