import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';
import { KilnError } from '../errors/errors.js';

/** Whether the service takes requests. Closing cannot be undone. */
export class Lifecycle {
  readonly #closing = new AbortController();

  /** Aborts, with a KilnError SHUTTING_DOWN, when the service begins to close. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort(
      new KilnError('SHUTTING_DOWN', { expected: 'an open service', received: 'one that is closing' }),
    );
  }
}

const liveness: ReadonlySet<string> = new Set(['/health/live', '/v2/health/live']);

/**
 * Closing refuses what arrives from then on (connections that were kept alive may still ask) and lets what
 * was accepted finish; liveness alone answers to the end.
 */
export const lifecycleHooks = plugin(
  async (app: FastifyInstance, { lifecycle }: { lifecycle: Lifecycle }) => {
    app.addHook('onRequest', (request, _reply, done) => {
      if (!lifecycle.closing.aborted || liveness.has(request.url)) done();
      else done(lifecycle.closing.reason);
    });
    app.addHook('preClose', async () => {
      app.log.info('closing: what was accepted is answered');
      lifecycle.close();
    });
    app.addHook('onClose', async () => app.log.info('closed'));
  },
);
