import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { batchStatistics } from './batch-statistics.js';
import { refusals } from './schemas.js';
import type { Service } from './service.js';

/** `GET /statistics`: what batching made of the requests so far. */
export const statistics: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/statistics',
    {
      schema: {
        tags: ['model'],
        summary: 'Batch sizes and waiting pictures since the start',
        response: { 200: batchStatistics, ...refusals([]) },
      },
    },
    async () => service.batcher.statistics,
  );
};
