import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';
import { KilnError } from '../../errors/errors.js';
import { ApiKeyFile } from './api-key-file.js';
import { isOpen } from './open-routes.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key the request carries; undefined where none is asked for. */
    apiKeyName: string | undefined;
  }
}

/**
 * Lets only requests through that carry a key of the file, as `Authorization: Bearer KEY` or `X-API-Key: KEY`. Probes
 * and the page's files need none. The log names whose key it was, never the key.
 *
 * @throws KilnError as `ApiKeyFile.open`
 */
export const apiKeys = plugin(async (app: FastifyInstance, { file }: { file: string }) => {
  const keys = await ApiKeyFile.open(file);
  keys.watch((error) => app.log.error(error));
  app.addHook('onClose', async () => keys.close());

  app.decorateRequest('apiKeyName', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    if (isOpen(request)) {
      done();
      return;
    }
    const key = presentedKey(request.headers);
    if (key === undefined) {
      void reply.header('www-authenticate', 'Bearer realm="kiln"');
      done(new KilnError('API_KEY_MISSING', { expected: headersOfAKey, received: 'no key' }));
      return;
    }
    const name = keys.nameOf(key);
    if (name === undefined) {
      done(new KilnError('API_KEY_REFUSED', { expected: 'a key of this service', received: 'another' }));
      return;
    }
    request.apiKeyName = name;
    request.log = request.log.child({ apiKey: name });
    reply.log = request.log;
    done();
  });
});

const headersOfAKey = 'Authorization: Bearer KEY, or X-API-Key: KEY';

function presentedKey({ authorization, 'x-api-key': key }: IncomingHttpHeaders): string | undefined {
  const bearer = authorization === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  return bearer ?? (typeof key === 'string' && key !== '' ? key : undefined);
}
