import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { isMainThread, type Transferable } from 'node:worker_threads';

/**
 * Loaded into the service before anything else (`node --import`), so that its inference threads die when a test says
 * so; the service itself knows nothing of it. A thread dies of a batch that it is given, never during a run: that would
 * be a crash of the whole process, for which the supervisor is there.
 */

/** `terminated`: the thread is gone with its batch. `threw`: its own code met something it cannot go on from. */
export type Death = 'terminated' | 'threw';

/** From the test to the service. */
export interface Order {
  readonly deaths: readonly Death[];
  /** Batches that are spared once a dead thread is gone. A batch that is tried again is the first of them. */
  readonly spared: number;
}

let order: Order = { deaths: [], spared: 0 };
let next = 0;
let spared = 0;

/** The death that comes with the batch at hand. */
function deathOfThisBatch(): Death | undefined {
  if (spared > 0) {
    spared -= 1;
    return undefined;
  }
  const death = order.deaths[next];
  next += 1;
  return death;
}

class MortalWorker extends workerThreads.Worker {
  override postMessage(message: unknown, transfer: readonly Transferable[] = []): void {
    const death = isBatch(message) ? deathOfThisBatch() : undefined;
    switch (death) {
      case undefined:
        super.postMessage(message, transfer);
        return;
      case 'threw':
        super.postMessage(Object.assign(message as object, { rows: undefined }), transfer);
        break;
      case 'terminated':
        structuredClone(message, { transfer: [...transfer] }); // what was handed over is not there for a retry
        void this.terminate();
    }
    spared = Number.POSITIVE_INFINITY;
    this.once('exit', () => {
      spared = order.spared;
    });
  }
}

function isBatch(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'run';
}

if (isMainThread) {
  Object.assign(workerThreads, { Worker: MortalWorker });
  syncBuiltinESMExports();
  process.on('message', (received: Order) => {
    order = received;
    next = 0;
    spared = 0;
    process.send?.('received');
  });
  process.channel?.unref();
}
