import { parentPort, workerData } from 'node:worker_threads';
import { rowRange } from '../../data/memory.js';
import { openDataset, sizeFor } from '../../data/registry.js';
import { KilnError } from '../../errors/errors.js';
import type { DatasetThreadData, OpenedSplit } from './dataset-thread.js';

/** Opens one split and ends; started by dataset-thread.ts, which passes this type. */
const { dataset, split, dataDir, frame, limit } = workerData as DatasetThreadData;

const opened = await open();
parentPort?.postMessage(
  opened,
  opened.kind === 'opened'
    ? [opened.pictures.images.buffer as ArrayBuffer, opened.pictures.labels.buffer as ArrayBuffer] // our own
    : [],
);

async function open(): Promise<OpenedSplit> {
  try {
    const { labels, digest, ...whole } = await openDataset({
      name: dataset,
      dataDir,
      ...sizeFor(dataset, frame),
    });
    const { height, width, files } = whole;
    const examples = whole.split(split);
    const count = Math.min(examples.count, limit ?? Number.POSITIVE_INFINITY);
    const { images, labels: numbers } = examples.read(rowRange(0, count));
    const names = files && Array.from(examples.share().rows.subarray(0, count), (row) => files.path(row));
    return {
      kind: 'opened',
      labels,
      digest,
      pictures: { count, height, width, images, labels: Uint16Array.from(numbers), names },
    };
  } catch (error) {
    if (!(error instanceof KilnError)) throw error;
    return { kind: 'refused', error: error.toJSON() };
  }
}
