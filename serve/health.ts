import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { refusals } from './schemas.js';
import type { Service } from './service.js';

/** `/health/live`: the process answers. `/health/ready`: it takes requests; the first to change on closing. */
export const health: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/health/live',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether the process answers',
        response: { 200: Type.Object({ status: Type.Literal('live') }) },
      },
    },
    async () => ({ status: 'live' as const }),
  );
  app.get(
    '/health/ready',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether requests are taken',
        response: { 200: Type.Object({ status: Type.Literal('ready') }), ...refusals(['NOT_READY']) },
      },
    },
    async () => {
      service.models.assertReady();
      return { status: 'ready' as const };
    },
  );
};
