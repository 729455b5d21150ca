import { stat } from 'node:fs/promises';
import { openModelFile } from '../runtime/model-file.js';
import { readModel } from '../runtime/read-model.js';
import { type InferencePool, openPool } from '../runtime/worker-pool.js';
import type { App, AppOptions } from './app.js';
import { batchingSettings } from './batching-settings.js';
import { type ModelSource, stampOf } from './models/scan.js';
import type { ServeOptions } from './options.js';
import { defaultSettings } from './settings/defaults.js';

/** What a service is opened with: its workers and models by name, and what the app takes from who runs it. */
export type OpenOptions = ServeOptions & Pick<AppOptions, 'tls' | 'log' | 'mountedAt'>;

export interface OpenedApp extends App {
  /** To be closed after the app. */
  readonly pool: InferencePool;
}

/**
 * Starts the workers and loads the models into an app on them; nothing listens yet.
 *
 * @throws KilnError MODEL_NOT_FOUND, MODEL_INVALID or MODEL_NOT_KILN where nothing can be served,
 *   DEVICE_UNAVAILABLE, OPTION_INVALID, FILE_NOT_FOUND (keys), PAGE_NOT_FOUND; then no worker is left
 */
export async function openApp(options: OpenOptions): Promise<OpenedApp> {
  batchingSettings(options); // refused before the workers start
  const source = await modelSource(options.models);
  const { device, workers, threadsPerWorker } = { ...defaultSettings, ...options };
  const opening = openPool({
    devices: typeof device === 'string' ? [device] : device,
    ...(workers !== undefined && { workers }),
    ...(threadsPerWorker !== undefined && { threadsPerWorker }),
  });
  const [{ buildApp }, pool] = await Promise.all([import('./app.js'), opening]); // the threads start meanwhile
  try {
    return { ...(await buildApp({ ...options, source, pool })), pool };
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
  const file = openModelFile(await readModel(models));
  const opened = stats && { stamp: stampOf(stats), file };
  return { kind: 'file', path: models, name: file.metadata.name, ...(opened && { opened }) };
}
