/** The worker thread behind batches.ts: composes the steps it is asked for, in the order of the requests. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BatchPlan, createComposer } from './composer.js';

/** What a reader is told. */
export type ReaderRequest = { readonly kind: 'compose'; readonly step: number } | { readonly kind: 'stop' };

const port = parentPort;
if (port === null) throw new Error('data/reader.ts runs as a worker thread only');

// workerData is untyped by nature; batches.ts, the only one to start this file, passes a BatchPlan.
const compose = createComposer(workerData as BatchPlan);

port.on('message', (request: ReaderRequest) => {
  switch (request.kind) {
    case 'compose': {
      const batch = compose(request.step);
      port.postMessage(batch, [batch.images.buffer, batch.labels.buffer]);
      return;
    }
    case 'stop':
      // With its port closed nothing keeps the thread alive.
      port.close();
  }
});
