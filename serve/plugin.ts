import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { KilnError } from '../errors/errors.js';
import { openApp } from './open-app.js';
import type { ServeOptions } from './options.js';

/** What belongs to the app around: where it listens, how it logs and how it ends. */
type OfTheHost = 'host' | 'port' | 'tlsCert' | 'tlsKey' | 'logLevel' | 'drainMs' | 'pageFolder';

/** As for `serve`, but for what the app around decides. */
export type KilnOptions = Omit<ServeOptions, OfTheHost> & {
  /** Where the routes are: `/ml` gives `/ml/classify`. */
  readonly prefix: string;
};

/**
 * The service as a part of a Fastify app: `app.register(kiln, { prefix: '/ml', models: 'first.onnx' })` adds every
 * route of `kiln serve` under the prefix, workers of its own, and closes them with the app.
 *
 * It is an app within the app, so that neither finds the other's parsers, validators, error handlers and decorators;
 * hooks of the app around run first, up to `preHandler`, and may refuse or set headers. Registering waits until the
 * models are ready: an app whose models take longer than Fastify's `pluginTimeout` of 10 s sets a longer one.
 *
 * @throws KilnError OPTION_INVALID for a prefix that is missing or has parameters; else as `openApp`
 */
export const kiln: FastifyPluginAsync<KilnOptions> = plugin(mount, {
  name: 'onnx-kiln',
  fastify: '5.x',
  encapsulate: true,
});

async function mount(host: FastifyInstance, { prefix: _, ...options }: KilnOptions): Promise<void> {
  const mountedAt = prefixOf(host);
  const { app, pool, lifecycle } = await openApp({ ...options, log: host.log, mountedAt });
  host.addHook('preClose', async () => lifecycle.close());
  host.addHook('onClose', async () => {
    await app.close();
    await pool.close();
  });

  // Bodies are left to the app within.
  host.removeAllContentTypeParsers();
  host.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const handOver = (request: FastifyRequest, reply: FastifyReply) => {
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.hijack();
    app.routing(readdressed(request, mountedAt), reply.raw);
  };
  const hidden = { schema: { hide: true } };
  host.all('/', hidden, handOver);
  host.all('/*', hidden, handOver);
}

/** @throws KilnError OPTION_INVALID */
function prefixOf({ prefix }: FastifyInstance): string {
  const mountedAt = prefix.replace(/\/$/, '');
  if (mountedAt !== '' && !/[:*]/.test(mountedAt)) return mountedAt;
  throw new KilnError('OPTION_INVALID', {
    expected: 'prefix: a path without parameters, /ml',
    received: prefix || 'none',
  });
}

/** The request as the app within knows it; `originalUrl` is Fastify's own name for what the client asked. */
function readdressed({ raw, id }: FastifyRequest, mountedAt: string): IncomingMessage {
  const { url = '/' } = raw;
  const rest = url.slice(mountedAt.length);
  raw.headers['x-request-id'] = id;
  return Object.assign(raw, { originalUrl: url, url: rest.startsWith('/') ? rest : `/${rest}` });
}
