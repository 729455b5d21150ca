import type { EvaluationFacts, SkippedPicture } from './views.js';

/** Labelled pictures in a model's frame, as many as make a batch. */
export interface LabelledFrames {
  /** Where among the source's pictures each of these stands. */
  readonly places: Uint32Array;
  /** uint8 RGB, [places.length, height, width, 3] */
  readonly frames: Uint8Array;
  /** [places.length], each in [0, labels) */
  readonly labels: Uint16Array;
  /** [places.length], where pictures have names */
  readonly names?: readonly string[] | undefined;
  /** Pictures in between that could not be read. */
  readonly skipped: readonly SkippedPicture[];
}

/** The pictures of one evaluation, one batch after another. */
export interface PictureSource extends Pick<EvaluationFacts, 'source' | 'dataset' | 'split' | 'dataDigest'> {
  /** Pictures that there are, those that cannot be read included. */
  readonly count: number;
  /**
   * The next pictures, at most `size`; undefined after the last. Several may be asked for at once.
   *
   * @throws KilnError ARCHIVE_INVALID for an archive that turns out to be damaged
   */
  next(size: number): LabelledFrames | undefined | Promise<LabelledFrames | undefined>;
  /** Ends what reads, wherever it is. Harmless when repeated. */
  close(): Promise<void>;
}
