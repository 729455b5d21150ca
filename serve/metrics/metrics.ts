import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Registry } from 'prom-client';
import Type from 'typebox';
import { refusals } from '../schemas.js';
import { exposition, registryOf } from './exposition.js';
import { families, type MetricsSource } from './families.js';
import { processMetrics } from './process-metrics.js';

/** `GET /metrics`: for Prometheus, in its text format, or in OpenMetrics where that is accepted. */
export const metrics: FastifyPluginAsyncTypebox<{ source: MetricsSource }> = async (app, { source }) => {
  const registry = Registry.merge([registryOf(families, source), processMetrics()]);
  const description = 'One family of metrics after the other; docs/operations.md explains each.';

  app.get(
    '/metrics',
    {
      schema: {
        tags: ['health'],
        summary: 'Counters, gauges and histograms for Prometheus',
        response: {
          200: {
            description,
            content: {
              'text/plain': { schema: Type.String() },
              'application/openmetrics-text': { schema: Type.String() },
            },
          },
          ...refusals([]),
        },
      },
    },
    async (request, reply) => {
      const contentType = acceptsOpenMetrics(request.headers.accept)
        ? Registry.OPENMETRICS_CONTENT_TYPE
        : Registry.PROMETHEUS_CONTENT_TYPE;
      return reply.type(contentType).send(await exposition(registry, contentType));
    },
  );
};

/** Prometheus names what it prefers first; no scraper names OpenMetrics without preferring it. */
function acceptsOpenMetrics(accept: string | undefined): boolean {
  return accept?.split(',').some((one) => /^\s*application\/openmetrics-text\s*(;|$)/.test(one)) === true;
}
