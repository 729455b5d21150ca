import { stat } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { KilnError } from '../errors/errors.js';
import { openModelFile } from '../runtime/model-file.js';
import { readModel } from '../runtime/read-model.js';
import { type InferencePool, openPool } from '../runtime/worker-pool.js';
import { buildApp } from './app.js';
import { batchingSettings } from './batching-settings.js';
import type { ModelRepository } from './models/repository.js';
import type { ModelSource } from './models/scan.js';
import type { ServeOptions } from './options.js';

/** How long accepted requests may take once the server closes; then their connections are cut. */
const drainMs = 12_000;

/** Connections at once; more are turned away before they cost anything. */
const maxConnections = 2048;

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
 *   DEVICE_UNAVAILABLE, OPTION_INVALID, PAGE_NOT_FOUND, ADDRESS_IN_USE
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  batchingSettings(options); // refused before the workers start
  const source = await modelSource(options.models);
  const { device = 'auto', workers, threadsPerWorker } = options;
  const pool = await openPool({
    devices: typeof device === 'string' ? [device] : device,
    ...(workers !== undefined && { workers }),
    ...(threadsPerWorker !== undefined && { threadsPerWorker }),
  });
  try {
    const { app, models } = await buildApp({ ...options, source, pool });
    const address = await listen(app, options.host ?? '127.0.0.1', options.port ?? 8080);
    let closing: Promise<void> | undefined;
    return {
      address,
      models,
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

/** @throws KilnError MODEL_NOT_FOUND, MODEL_INVALID or MODEL_NOT_KILN for a file that cannot be served */
async function modelSource(models: Uint8Array | string): Promise<ModelSource | Uint8Array> {
  if (typeof models !== 'string') return models;
  const stats = await stat(models).catch(() => undefined); // readModel says that there is nothing
  if (stats?.isDirectory()) return { kind: 'folder', path: models };
  const { metadata } = openModelFile(await readModel(models));
  return { kind: 'file', path: models, name: metadata.name };
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
