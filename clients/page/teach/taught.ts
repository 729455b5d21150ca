import { topPredictions } from '../../../runtime/top-predictions.js';
import type { Lesson } from '../../browser/teaching/teacher.js';
import type { BaseModel } from './base-model.js';
import type { Example } from './collection.js';
import type { FrameRule } from './frames.js';

/** A picture that was held out, and taken for something else. */
export interface Mistake {
  readonly thumbnail: Blob;
  readonly label: string;
  readonly takenFor: string;
  /** Of what it was taken for. */
  readonly probability: number;
}

/** What came out of a training, with what it stands on. */
export interface Taught {
  readonly lesson: Lesson;
  readonly base: BaseModel;
  readonly rule: FrameRule;
  readonly mistakes: readonly Mistake[];
}

export interface LabelledExample {
  readonly example: Example;
  /** Index of its class. */
  readonly label: number;
}

/** Which of the held-out pictures the lesson gets wrong, the surest first. */
export async function mistakesOf(lesson: Lesson, heldOut: readonly LabelledExample[]): Promise<Mistake[]> {
  if (heldOut.length === 0) return [];
  const size = heldOut[0]!.example.frame.length;
  const frames = new Uint8Array(heldOut.length * size);
  for (const [index, { example }] of heldOut.entries()) frames.set(example.frame, index * size);
  const { labels } = lesson;
  const probabilities = await lesson.classify(frames, heldOut.length); // [heldOut, labels]
  return heldOut
    .flatMap(({ example, label }, index) => {
      const own = probabilities.subarray(index * labels.length, (index + 1) * labels.length);
      const [best] = topPredictions(own, labels, 1);
      if (best === undefined || best.index === label) return [];
      const { thumbnail } = example;
      return [{ thumbnail, label: labels[label]!, takenFor: best.label, probability: best.probability }];
    })
    .sort((a, b) => b.probability - a.probability);
}
