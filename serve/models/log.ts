import type { FastifyBaseLogger } from 'fastify';
import type { RepositoryObserver } from './repository.js';

/** Writes what happens to models into the log. */
export function repositoryLog(log: FastifyBaseLogger): RepositoryObserver {
  return {
    loaded({ name, version, digest, provider, failed, loadMs }) {
      log.info({ model: name, version, digest, provider, loadMs: Math.round(loadMs) }, 'model loaded');
      if (failed.length > 0) log.warn({ model: name, version, provider, failed }, 'device fell back');
    },
    refused(name, version, error) {
      log.error({ model: name, version, err: error }, 'model refused');
    },
    unloaded({ name, version }) {
      log.info({ model: name, version }, 'model unloaded');
    },
    runFailed({ name, version }, error) {
      log.error({ model: name, version, err: error }, 'run failed');
    },
  };
}
