import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';
import { KilnError } from '../errors/errors.js';

/** Methods that change nothing, which a browser lets any page call (and hides the answer). */
const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps the pages of other sites, but for those that are allowed, from making a visitor's browser use this service.
 * Without CORS they cannot read an answer; this refuses the simple requests (a form with a picture) that need none to
 * be sent. Programs send no Origin and are not concerned.
 */
export const origin = plugin(async (app: FastifyInstance, { allowed }: { allowed: readonly string[] }) => {
  app.addHook('onRequest', (request, _reply, done) => {
    const { origin: from } = request.headers;
    // `request.host` is what a trusted proxy was asked for.
    if (
      from === undefined ||
      harmless.has(request.method) ||
      hostOf(from) === request.host ||
      allowed.includes(from)
    )
      done();
    else
      done(
        new KilnError('ORIGIN_REFUSED', {
          expected: `a page of ${request.host || 'this host'}`,
          received: `a page of ${from}`,
        }),
      );
  });
});

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
