import type { Dataset } from '../../data/dataset.js';
import { rowRange } from '../../data/memory.js';
import type { SplitOpener } from '../../serve/evaluations/dataset-thread.js';

/** Opens the splits of a dataset that lies in memory already, whatever name is asked for. */
export function splitOpenerOf(dataset: Dataset): SplitOpener {
  return async ({ split, limit = Number.POSITIVE_INFINITY }) => {
    const { labels, digest, height, width } = dataset;
    const count = Math.min(limit, dataset.split(split).count);
    const examples = dataset.split(split).read(rowRange(0, count));
    const numbers = Uint16Array.from(examples.labels);
    return { labels, digest, pictures: { count, height, width, images: examples.images, labels: numbers } };
  };
}
