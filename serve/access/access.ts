import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';
import { origin } from '../origin.js';
import type { Settings } from '../settings/settings.js';
import { apiKeys } from './api-keys.js';
import { cors } from './cors.js';
import { rateLimits } from './rate-limits.js';

type AccessSettings = {
  readonly [K in 'apiKeys' | 'corsOrigins' | 'rateLimit']: Settings[K] | undefined;
};

/** Who may use the service, and how much. What is not configured is not there and costs nothing. */
export const access = plugin(async (app: FastifyInstance, options: AccessSettings) => {
  const { corsOrigins = [], rateLimit } = options;
  // First: browsers send no key with a preflight.
  if (corsOrigins.length > 0) await app.register(cors, { origins: corsOrigins });
  await app.register(origin, { allowed: corsOrigins });
  if (options.apiKeys !== undefined) await app.register(apiKeys, { file: options.apiKeys });
  if (rateLimit !== undefined) await app.register(rateLimits, { perMinute: rateLimit });
});
