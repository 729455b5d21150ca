import type { FastifyBaseLogger } from 'fastify';
import { missingLibrary } from '../../runtime/native-libraries.js';
import type { FailedProvider } from '../../runtime/session.js';
import type { RepositoryObserver } from './repository.js';

/** Writes what happens to models into the log. */
export function repositoryLog(log: FastifyBaseLogger): RepositoryObserver {
  return {
    loaded({ name, version, digest, provider, failed, loadMs }) {
      log.info({ model: name, version, digest, provider, loadMs: Math.round(loadMs) }, 'model loaded');
      if (failed.length > 0)
        log[fallbackLevel(failed)]({ model: name, version, provider, failed }, 'device fell back');
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

/** That a machine without a GPU's libraries has no GPU is no news; that one with them cannot use it is. */
function fallbackLevel(failed: readonly FailedProvider[]): 'info' | 'warn' {
  return failed.every(({ provider, reason }) => reason === missingLibrary(provider)) ? 'info' : 'warn';
}
