import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';
import {
  type LocalTeacher,
  openLocalTeacher,
  type Place,
} from '../../../clients/browser/teaching/local-teacher.js';
import type { TeachingPicture } from '../../../clients/browser/teaching/teacher.js';
import { openShapes } from '../../../data/shapes.js';
import { EvaluationTally } from '../../../runtime/evaluation.js';
import { openWebSession } from '../../../runtime/web-classifier.js';

ort.env.wasm.numThreads = 1;

/** As in a browser, but that time stands still: equal lessons are equal files. */
const place: Place = {
  open: (graph) => openWebSession(ort, graph, 'wasm'),
  provider: 'wasm',
  machine: 'a test',
  producer: { version: '0.0.0', commit: 'none' },
  now: () => 0,
};

export const shippedModel = new Uint8Array(
  readFileSync(new URL('../../../../models/cifar10-deepcnn.onnx', import.meta.url)),
);

export function openTeacher(model: Uint8Array = shippedModel): Promise<LocalTeacher> {
  return openLocalTeacher(model, place);
}

/** Three figures of the dataset `shapes`, which the shipped network has never seen. */
export const figures = ['square', 'star', 'dots'] as const;

const each = { train: 10, test: 20 } as const;
const dataset = await openShapes({ train: 10 * each.train, validation: 10, test: 10 * each.test });

/** 10 pictures a figure of `train`, 20 of `test`. */
export function picturesOf(split: keyof typeof each): TeachingPicture[] {
  const { images, labels } = dataset
    .split(split)
    .read(Array.from({ length: 10 * each[split] }, (_, at) => at));
  const size = dataset.height * dataset.width * 3;
  return Array.from(labels, (label, at) => ({
    frame: images.slice(at * size, (at + 1) * size),
    label: (figures as readonly string[]).indexOf(dataset.labels[label]!),
  })).filter(({ label }) => label >= 0);
}

/** Pictures in one array, as `classify` takes them. */
export function together(pictures: readonly TeachingPicture[]): Uint8Array {
  return Buffer.concat(pictures.map(({ frame }) => frame));
}

/** The share of pictures whose label is the most probable class. */
export function accuracy(probabilities: Float32Array, pictures: readonly TeachingPicture[]): number {
  const tally = new EvaluationTally(figures);
  tally.add(
    probabilities,
    Int32Array.from(pictures, ({ label }) => label),
  );
  return tally.result().precisionAt1;
}
