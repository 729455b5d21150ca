import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/**
 * `process_…` and `nodejs_…`: event-loop lag, garbage collection, heap, CPU, descriptors. They are the process's, so
 * its apps share them: each registration would leave a sampling timer behind.
 */
export function processMetrics(): Registry {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
