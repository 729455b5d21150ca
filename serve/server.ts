import type { FastifyInstance } from 'fastify';
import { KilnError } from '../errors/errors.js';
import type { InferencePool } from '../runtime/worker-pool.js';
import type { ModelRepository } from './models/repository.js';
import { openApp } from './open-app.js';
import type { ServeOptions } from './options.js';
import { defaultSettings } from './settings/defaults.js';
import { followTls, readTls } from './tls.js';

/** Connections at once; more are turned away before they cost anything. */
const maxConnections = 2048;

/** A service that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  readonly models: ModelRepository;
  readonly pool: InferencePool;
  /**
   * Readiness flips, accepted requests are answered, the workers end; resolves when all of it is done.
   * Calling it again returns the same promise.
   */
  close(): Promise<void>;
}

/**
 * Starts the workers, loads the models and listens; prints nothing itself.
 *
 * @throws KilnError MODEL_NOT_FOUND, MODEL_INVALID or MODEL_NOT_KILN where nothing can be served,
 *   DEVICE_UNAVAILABLE, OPTION_INVALID, FILE_NOT_FOUND (keys, certificates), PAGE_NOT_FOUND, ADDRESS_IN_USE
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { host, port, drainMs } = { ...defaultSettings, ...options };
  const tls = await readTls(options);
  const { app, models, pool } = await openApp({ ...options, tls });
  try {
    const address = await listen(app, host, port);
    const unfollow = followTls(app.server, options, (error) => app.log.error(error));
    let closing: Promise<void> | undefined;
    return {
      address,
      models,
      pool,
      close() {
        unfollow();
        closing ??= close(app, pool, drainMs);
        return closing;
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  app.server.maxConnections = maxConnections;
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new KilnError('ADDRESS_IN_USE', {
        expected: `a free port on ${host}`,
        received: `${port}, on which something listens`,
        cause,
      });
    }
    throw cause;
  }
}

/** @param drainMs how long accepted requests may take; then their connections are cut */
async function close(app: FastifyInstance, pool: InferencePool, drainMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), drainMs);
  await app.close();
  clearTimeout(cut);
  await pool.close();
}
