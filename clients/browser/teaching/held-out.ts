import { permutation } from '../../../data/random.js';
import type { TeachingPicture } from './teacher.js';

/** Pictures and their classes, in one order. */
export interface LabelledFrames {
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
  const taught: TeachingPicture[] = [];
  const heldOut: TeachingPicture[] = [];
  for (const index of permutation(seed, 0, pictures.length)) {
    const picture = pictures[index]!;
    const isHeldOut = quota[picture.label]! > 0;
    if (isHeldOut) quota[picture.label]! -= 1;
    (isHeldOut ? heldOut : taught).push(picture);
  }
  return { taught: labelled(taught), heldOut: labelled(heldOut) };
}

function labelled(pictures: readonly TeachingPicture[]): LabelledFrames {
  return {
    frames: pictures.map(({ frame }) => frame),
    labels: Int32Array.from(pictures, ({ label }) => label),
  };
}
