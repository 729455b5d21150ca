import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { batchStatistics, batchStatisticsOf } from './batch-statistics.js';
import { modelChoice } from './models/routes.js';
import { refusals } from './schemas.js';
import type { Service } from './service.js';

/** `GET /statistics`: what batching made of one model's requests so far. */
export const statistics: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/statistics',
    {
      schema: {
        tags: ['model'],
        summary: 'Batch sizes and waiting pictures since the model was loaded',
        querystring: Type.Object(modelChoice, { additionalProperties: false }),
        response: { 200: batchStatistics, ...refusals(['MODEL_NOT_SERVED', 'NOT_READY']) },
      },
    },
    async (request) => batchStatisticsOf(service.models.find(request.query.model, request.query.version)),
  );
};
