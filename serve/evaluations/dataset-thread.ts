import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SplitName } from '../../data/dataset.js';
import { type ErrorReport, KilnError } from '../../errors/errors.js';
import { withoutPaths } from '../without-paths.js';

export interface DatasetThreadData {
  readonly dataset: string;
  readonly split: SplitName;
  readonly dataDir: string;
  /** The model's: `folder` is brought to it. Undefined where nobody knows it any more. */
  readonly frame: { readonly height: number } | undefined;
  /** Pictures from the beginning of the split; all without. */
  readonly limit?: number | undefined;
}

/** The pictures of one split, in its order. */
export interface SplitPictures {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** uint8 RGB, [count, height, width, 3] */
  readonly images: Uint8Array;
  /** [count] */
  readonly labels: Uint16Array;
  /** [count], of pictures that are files each: their paths below the data folder */
  readonly names?: readonly string[] | undefined;
}

export interface LabelledSplit {
  readonly labels: readonly string[];
  /** sha256 (hex) of the dataset. */
  readonly digest: string;
  readonly pictures: SplitPictures;
}

export type OpenedSplit =
  | ({ readonly kind: 'opened' } & LabelledSplit)
  | { readonly kind: 'refused'; readonly error: ErrorReport };

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
 * seconds. Only the split's own pictures come back; what the dataset holds beside them goes with the thread.
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
    if (message.kind === 'refused') {
      const { code, ...texts } = withoutPaths(message.error, { [workerData.dataDir]: 'the data folder' });
      throw new KilnError(code, texts);
    }
    return message;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
