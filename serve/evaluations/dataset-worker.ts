import { parentPort, workerData } from 'node:worker_threads';
import { openDataset, sizeFor } from '../data/registry.js';
import { KilnError } from '../errors/errors.js';
import type { DatasetThreadData, OpenedSplit } from './dataset-thread.js';

/** Opens one split and ends; started by dataset-thread.ts, which passes this type. */
const { dataset, split, dataDir, frame } = workerData as DatasetThreadData;

parentPort?.postMessage(await open());

async function open(): Promise<OpenedSplit> {
  try {
    const opened = await openDataset({ name: dataset, dataDir, ...sizeFor(dataset, frame) });
    return { kind: 'opened', labels: opened.labels, examples: opened.split(split).share() };
  } catch (error) {
    if (!(error instanceof KilnError)) throw error;
    return { kind: 'refused', error: error.toJSON() };
  }
}
