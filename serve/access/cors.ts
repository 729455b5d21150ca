import fastifyCors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';

/** Lets the pages of named sites read answers; every other site's browser keeps them from its pages, as without. */
export const cors = plugin(async (app: FastifyInstance, { origins }: { origins: readonly string[] }) => {
  await app.register(fastifyCors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'inference-header-content-length',
      'traceparent',
      'tracestate',
      'x-api-key',
      'x-request-id',
    ],
    exposedHeaders: [
      'inference-header-content-length',
      'location',
      'retry-after',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-request-id',
    ],
    maxAge: 600,
  });
});
