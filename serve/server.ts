import type { FastifyInstance } from 'fastify';
import { KilnError } from '../errors/errors.js';
import { modelDigest } from '../runtime/model-digest.js';
import { openModelFile } from '../runtime/model-file.js';
import { readModel } from '../runtime/read-model.js';
import { type InferencePool, openPool } from '../runtime/worker-pool.js';
import { buildApp } from './app.js';
import { batchingSettings } from './batching-settings.js';
import type { ServeOptions } from './options.js';
import type { ServedModel } from './service.js';

/** How long accepted requests may take once the server closes; then their connections are cut. */
const drainMs = 12_000;

/** Connections at once; more are turned away before they cost anything. */
const maxConnections = 2048;

export interface RunningServer {
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  readonly model: ServedModel;
  readonly pool: InferencePool;
  /**
   * Readiness flips, accepted requests are answered, the workers end; resolves when all of it is done.
   * Calling it again returns the same promise.
   */
  close(): Promise<void>;
}

/**
 * Checks the model file, starts the workers and listens; prints nothing itself.
 *
 * @throws KilnError MODEL_NOT_FOUND, MODEL_INVALID or MODEL_NOT_KILN for a file that cannot be served,
 *   DEVICE_UNAVAILABLE, OPTION_INVALID, PAGE_NOT_FOUND, ADDRESS_IN_USE
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  batchingSettings(options); // refused before the workers start
  const model = await loadModel(options.model);
  const { device = 'auto', workers, threadsPerWorker } = options;
  const pool = await openPool({
    model: model.bytes,
    device,
    ...(workers !== undefined && { workers }),
    ...(threadsPerWorker !== undefined && { threadsPerWorker }),
  });
  try {
    const app = await buildApp({ ...options, model, pool });
    const address = await listen(app, options.host ?? '127.0.0.1', options.port ?? 8080);
    let closing: Promise<void> | undefined;
    return {
      address,
      model,
      pool,
      close() {
        closing ??= close(app, pool);
        return closing;
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Reads and checks a model file. @throws KilnError as `startServer` */
async function loadModel(source: Uint8Array | string): Promise<ServedModel> {
  const bytes = typeof source === 'string' ? await readModel(source) : source;
  return { ...openModelFile(bytes), digest: modelDigest(bytes) };
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

async function close(app: FastifyInstance, pool: InferencePool): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), drainMs);
  await app.close();
  clearTimeout(cut);
  await pool.close();
}
