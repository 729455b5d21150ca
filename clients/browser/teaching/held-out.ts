import { permutation } from '../../../data/random.js';
import type { TeachingPicture } from './teacher.js';

/** Pictures and their classes, in one order. */
export interface LabelledFrames {
  /** Where each stood among the pictures that were given. */
  readonly indices: readonly number[];
  /** Each uint8 RGB [height, width, 3]. */
  readonly frames: readonly Uint8Array[];
  readonly labels: Int32Array;
}

/**
 * Takes every fifth picture of each class out of what is learned from, rounded, at least one of three; which ones, the
 * seed decides. A class of one or two pictures is learned from alone.
 */
export function holdOut(
  pictures: readonly TeachingPicture[],
  classes: number,
  seed: number,
): { readonly taught: LabelledFrames; readonly heldOut: LabelledFrames } {
  const quota = new Int32Array(classes);
  for (const { label } of pictures) quota[label]! += 1;
  for (const [label, count] of quota.entries())
    quota[label] = count < 3 ? 0 : Math.max(1, Math.round(count / 5));
  const taught: number[] = [];
  const heldOut: number[] = [];
  for (const index of permutation(seed, 0, pictures.length)) {
    const { label } = pictures[index]!;
    const isHeldOut = quota[label]! > 0;
    if (isHeldOut) quota[label]! -= 1;
    (isHeldOut ? heldOut : taught).push(index);
  }
  return { taught: labelled(pictures, taught), heldOut: labelled(pictures, heldOut) };
}

function labelled(pictures: readonly TeachingPicture[], indices: readonly number[]): LabelledFrames {
  return {
    indices,
    frames: indices.map((index) => pictures[index]!.frame),
    labels: Int32Array.from(indices, (index) => pictures[index]!.label),
  };
}
