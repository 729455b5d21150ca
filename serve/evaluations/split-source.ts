import type { SplitName } from '../../data/dataset.js';
import { KilnError } from '../../errors/errors.js';
import type { LiveModel } from '../models/live-model.js';
import type { LabelledSplit, SplitOpener } from './dataset-thread.js';
import type { LabelledFrames, PictureSource } from './picture-source.js';

interface Options {
  readonly dataset: string;
  readonly split: SplitName;
  /** Pictures from the beginning of the split; all without. */
  readonly limit?: number | undefined;
}

/**
 * The pictures of a registered dataset's split, which lies in memory once it is open.
 *
 * @throws KilnError as `open`; DATASET_MISMATCH where labels or frame differ from the model's
 */
export async function openSplitSource(
  { dataset, split, limit }: Options,
  open: SplitOpener,
  model: LiveModel,
  signal: AbortSignal,
): Promise<PictureSource> {
  const opened = await open({ dataset, split, frame: model.metadata.frame, limit }, signal);
  assertFits(model, dataset, opened);
  const { count, images, labels, names, height, width } = opened.pictures;
  const bytes = height * width * 3;
  let next = 0;
  return {
    source: 'dataset',
    dataset,
    split,
    dataDigest: opened.digest,
    count,
    next(size): LabelledFrames | undefined {
      const first = next;
      next = Math.min(count, first + size);
      if (first === next) return undefined;
      return {
        places: Uint32Array.from({ length: next - first }, (_, index) => first + index),
        frames: images.subarray(first * bytes, next * bytes),
        labels: labels.subarray(first, next),
        names: names?.slice(first, next),
        skipped: [],
      };
    },
    close: async () => {},
  };
}

function assertFits({ metadata }: LiveModel, dataset: string, { labels, pictures }: LabelledSplit): void {
  if (labels.join('\n') !== metadata.labels.join('\n')) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `the model's labels ${metadata.labels.join(', ')}`,
      received: `${dataset} with ${labels.join(', ')}`,
    });
  }
  const { height, width } = metadata.frame;
  if (pictures.height !== height || pictures.width !== width) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `pictures of the model's frame, ${width}×${height}`,
      received: `${dataset} with ${pictures.width}×${pictures.height}`,
    });
  }
}
