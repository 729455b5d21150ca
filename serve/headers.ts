import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';

/**
 * What every answer tells a browser: it is data, of its own type, for no frame and no other site. A page has its own
 * policy (page.ts, docs.ts). Written out because the headers are constants, and setting them through a library costs
 * more than routing the request does.
 */
export const answerHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY', // for browsers that do not know frame-ancestors
};

/** Half a year, for this host alone. */
const strictTransport = { 'strict-transport-security': 'max-age=15552000' };

/** Security headers and the request's id on every answer. */
export const headers = plugin(async (app: FastifyInstance, { tls }: { tls: boolean }) => {
  const constant = tls ? { ...answerHeaders, ...strictTransport } : answerHeaders;
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(constant).header('x-request-id', request.id); // names the lines of the log
    done();
  });
});
