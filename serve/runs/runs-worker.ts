import { parentPort, workerData } from 'node:worker_threads';
import { KilnError } from '../../errors/errors.js';
import { RunsFolder } from './runs-folder.js';
import type { Question, Reply } from './runs-protocol.js';

/** The thread that reads training runs. Started by runs-thread.ts, which passes the folder's path. */
if (parentPort === null) throw new Error('runs-worker.ts runs as a worker thread only');
const port = parentPort;
const folder = new RunsFolder(workerData as string);

port.on('message', async (question: Question) => {
  port.postMessage(await reply(question));
});

async function reply(question: Question): Promise<Reply> {
  const { id } = question;
  try {
    return { id, kind: 'answer', answer: await ask(question) };
  } catch (error) {
    if (error instanceof KilnError) return { id, kind: 'refused', error: error.toJSON() };
    return {
      id,
      kind: 'failed',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

function ask({ method, args }: Question) {
  switch (method) {
    case 'list':
      return folder.list(...args);
    case 'get':
      return folder.get(...args);
    case 'metrics':
      return folder.metrics(...args);
  }
}
