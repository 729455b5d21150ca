import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';
import { KilnError } from '../errors/errors.js';

/** Methods that change nothing, which a browser lets any page call (and hides the answer). */
const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps the pages of other sites from making a visitor's browser use this service. There is no CORS, so they
 * cannot read an answer; this refuses the simple requests (a form with a picture) that need none to be sent.
 * Programs send no Origin and are not concerned.
 */
export const origin = plugin(async (app: FastifyInstance) => {
  app.addHook('onRequest', (request, _reply, done) => {
    const { origin: from, host } = request.headers;
    if (from === undefined || harmless.has(request.method) || hostOf(from) === host) done();
    else
      done(
        new KilnError('ORIGIN_REFUSED', {
          expected: `a page of ${host ?? 'this host'}`,
          received: `a page of ${from}`,
        }),
      );
  });
});

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
