/** `train+validation` is what a final run trains on: all examples that are not test. */
export const splitNames = ['train', 'validation', 'train+validation', 'test'] as const;
/** One of `splitNames`. */
export type SplitName = (typeof splitNames)[number];

/** Examples in the order asked for. */
export interface Examples {
  /** uint8, [count, height, width, 3], RGB. */
  readonly images: Uint8Array;
  /** [count], each in [0, labels.length). */
  readonly labels: Int32Array;
}

/**
 * A split as a worker thread receives it. All arrays lie in shared memory, so posting them copies nothing;
 * nobody writes to them once the dataset is open.
 */
export interface SharedExamples {
  readonly height: number;
  readonly width: number;
  /** uint8, [n, height, width, 3], RGB; n may exceed the split's count. */
  readonly images: Uint8Array;
  /** [n] */
  readonly labels: Int32Array;
  /** [count]: where in `images` and `labels` each example of the split stands. */
  readonly rows: Uint32Array;
}

/** The examples of one split, which are read by their places. */
export interface DatasetSplit {
  readonly name: SplitName;
  readonly count: number;
  /** Throws a RangeError for an index outside [0, count). */
  read(indices: ArrayLike<number>): Examples;
  /** The same examples for other threads (batches.ts). */
  share(): SharedExamples;
}

/** Labelled pictures of one size, opened by the registry (registry.ts). */
export interface Dataset {
  readonly name: string;
  readonly labels: readonly string[];
  readonly height: number;
  readonly width: number;
  /** sha256 (hex) over the bytes that define the data: the same data, the same digest. */
  readonly digest: string;
  split(name: SplitName): DatasetSplit;
  /** Of pictures that are files each. */
  readonly files?: {
    /** What was there and could not be used. */
    readonly skipped: readonly { readonly path: string; readonly reason: string }[];
    /** Where a row of the shared table comes from, below the data folder. */
    path(row: number): string;
  };
}
