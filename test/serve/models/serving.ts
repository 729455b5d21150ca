import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openPool } from '../../../runtime/worker-pool.js';
import { defaultBatching } from '../../../serve/batching-settings.js';
import { ModelRepository } from '../../../serve/models/repository.js';

/** What the repository told, in order: `loaded tiny 1`. */
export type Events = string[];

/** A repository on one real worker that is closed with its test. */
export async function openRepository(t: TestContext, defaultModel?: string) {
  const pool = await openPool({ devices: ['cpu'], workers: 1, threadsPerWorker: 1 });
  const events: Events = [];
  const models = new ModelRepository({
    pool,
    batching: defaultBatching,
    observer: {
      loaded: ({ name, version }) => events.push(`loaded ${name} ${version}`),
      refused: (name, version) => events.push(`refused ${name} ${version}`),
      unloaded: ({ name, version }) => events.push(`unloaded ${name} ${version}`),
      runFailed: ({ name }) => events.push(`run of ${name} failed`),
    },
    defaultModel,
  });
  t.after(async () => {
    await models.drained();
    await pool.close();
  });
  return { models, events };
}

/** Puts a file in its place as a whole, as a careful program does. */
export async function put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(folder, '.new');
  await writeFile(temporary, bytes);
  await rename(temporary, join(folder, name));
}
