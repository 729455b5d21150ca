import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SharedExamples, SplitName } from '../data/dataset.js';
import { type ErrorReport, KilnError } from '../errors/errors.js';

export interface DatasetThreadData {
  readonly dataset: string;
  readonly split: SplitName;
  readonly dataDir: string;
  /** The model's: `folder` is brought to it. */
  readonly frame: { readonly height: number };
}

export type OpenedSplit =
  | { readonly kind: 'opened'; readonly labels: readonly string[]; readonly examples: SharedExamples }
  | { readonly kind: 'refused'; readonly error: ErrorReport };

export interface LabelledSplit {
  readonly labels: readonly string[];
  readonly examples: SharedExamples;
}

/**
 * Opens a split by name; what was begun stops when the signal aborts.
 *
 * @throws KilnError DATASET_UNKNOWN, DATASET_NOT_FOUND, DATASET_CORRUPT; the signal's reason
 */
export type SplitOpener = (
  source: Omit<DatasetThreadData, 'dataDir'>,
  signal: AbortSignal,
) => Promise<LabelledSplit>;

/**
 * Opens splits of the registry on a thread each, because reading or drawing ten thousands of pictures takes
 * seconds; the pictures come back in shared memory.
 */
export function threadedOpener(dataDir: string): SplitOpener {
  return (source, signal) => openOnThread({ ...source, dataDir }, signal);
}

async function openOnThread(workerData: DatasetThreadData, signal: AbortSignal): Promise<LabelledSplit> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./dataset-worker.js', import.meta.url), { workerData });
  const stop = (): void => void worker.terminate(); // plain JavaScript: safe at any moment
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [message] = (await Promise.race([
      once(worker, 'message'),
      once(worker, 'exit').then(() => Promise.reject(new Error('the thread that opens datasets ended'))),
    ])) as [OpenedSplit]; // dataset-worker.ts posts nothing else
    if (message.kind === 'refused') throw withoutPath(message.error, workerData.dataDir);
    return message;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A client learns what is missing, not where this machine keeps its data. */
function withoutPath({ code, message, expected, received }: ErrorReport, dataDir: string): KilnError {
  const hide = (text: string) => text.replaceAll(dataDir, 'the data folder');
  return new KilnError(code, { message: hide(message), expected: hide(expected), received: hide(received) });
}
