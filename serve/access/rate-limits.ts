import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';
import { KilnError } from '../../errors/errors.js';
import { isOpen } from './open-routes.js';

/**
 * So many requests a minute of one key; of one address (of one /64 network in IPv6) where no keys are asked for.
 * Probes, the page and metrics are not counted.
 */
export const rateLimits = plugin(async (app: FastifyInstance, { perMinute }: { perMinute: number }) => {
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    allowList: (request) => isOpen(request) || request.routeOptions.url === '/metrics',
    ...(app.hasRequestDecorator('apiKeyName') && { keyGenerator: ({ apiKeyName }) => apiKeyName ?? '' }),
    errorResponseBuilder: (_request, { max, ttl }) =>
      new KilnError('RATE_LIMITED', {
        expected: `at most ${max} requests a minute`,
        received: `one more; the next is accepted in ${Math.ceil(ttl / 1000)} s`,
      }),
  });
});
