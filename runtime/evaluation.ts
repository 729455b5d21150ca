/** What a classifier's answers on labelled pictures amount to. */
export interface EvaluationResult {
  /** The share of pictures whose label is the most probable class, in [0, 1]; 0 where nothing was counted. */
  readonly precisionAt1: number;
  readonly count: number;
  /** 95 % Wilson interval of `precisionAt1`. */
  readonly interval: readonly [number, number];
  /** The share of pictures whose label is among the five most probable classes. */
  readonly top5: number;
  readonly perClass: readonly ClassResult[];
  /** [label][predicted]: how many pictures of the one were taken for the other. */
  readonly confusion: readonly (readonly number[])[];
}

/** An evaluation together with its pace: pictures a second, reading the split included. */
export type TimedEvaluation = EvaluationResult & { readonly imagesPerSecond: number };

export interface ClassResult {
  readonly label: string;
  /** Pictures that carry this label. */
  readonly count: number;
  readonly correct: number;
  /** correct / count; null where there is no such picture. */
  readonly recall: number | null;
  /** correct / pictures taken for this class; null where there is none. */
  readonly precision: number | null;
}

/** The normal distribution's 97.5 % quantile: a two-sided 95 % interval. */
export const normalQuantile = 1.959963984540054;

/**
 * The 95 % score interval of a proportion (Wilson, "Probable inference, the law of succession, and
 * statistical inference", 1927). Within [0, 1]; [0, 1] itself where nothing was counted.
 *
 * @throws RangeError unless 0 ≤ successes ≤ count, both integers
 */
export function wilson(successes: number, count: number): [number, number] {
  if (!Number.isInteger(successes) || !Number.isInteger(count) || successes < 0 || successes > count) {
    throw new RangeError(`wilson needs integers 0 ≤ successes ≤ count, got ${successes} of ${count}`);
  }
  if (count === 0) return [0, 1];
  const share = successes / count;
  const z2 = normalQuantile ** 2;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half =
    (normalQuantile * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count))) / (1 + z2 / count);
  // Exact at both ends, where rounding would leave 1e-17 or 1 − 1e-16.
  return [successes === 0 ? 0 : centre - half, successes === count ? 1 : centre + half];
}

/**
 * How many classes are strictly more probable than the label: 0 where the answer is right. Infinity for a row with a
 * value that is not finite, which is never right.
 * @param row probabilities or logits of one picture, float32 [classes]
 */
export function rankOf(row: Float32Array, label: number): number {
  const own = row[label]!;
  let higher = 0;
  for (const value of row) {
    if (!Number.isFinite(value)) return Number.POSITIVE_INFINITY;
    if (value > own) higher += 1;
  }
  return higher;
}

/**
 * Counts answers against labels, batch after batch.
 *
 * Precision @ k counts as TensorFlow's `in_top_k` does: the label is within the top k when fewer than
 * k classes are strictly more probable, so classes that tie for the last place are all within; a row
 * with a value that is not finite is counted and is never right. The confusion matrix follows the same
 * rule: a label that ties for the first place is the prediction, otherwise the first of the most
 * probable classes is, so that its trace is always `precisionAt1 × count`. A row that is not finite
 * has no prediction and stands in no column.
 */
export class EvaluationTally {
  readonly #labels: readonly string[];
  readonly #confusion: Int32Array;
  readonly #counts: Int32Array;
  #count = 0;
  #inTop1 = 0;
  #inTop5 = 0;

  /** @param labels the classes' names, in the order of the probabilities */
  constructor(labels: readonly string[]) {
    this.#labels = labels;
    this.#confusion = new Int32Array(labels.length * labels.length);
    this.#counts = new Int32Array(labels.length);
  }

  /** How many pictures were counted so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param probabilities float32 [labels.length, classes]; logits do as well
   * @param labels [count], each in [0, classes)
   * @throws RangeError when the two lengths do not fit, or for a label outside the classes
   */
  add(probabilities: Float32Array, labels: Int32Array): void {
    const classes = this.#labels.length;
    if (probabilities.length !== labels.length * classes) {
      throw new RangeError(
        `${labels.length} labels of ${classes} classes need ${labels.length * classes} probabilities, got ${probabilities.length}`,
      );
    }
    for (const [row, label] of labels.entries()) {
      if (label < 0 || label >= classes) {
        throw new RangeError(`label ${label} of row ${row} is outside [0, ${classes})`);
      }
      this.addRow(probabilities.subarray(row * classes, (row + 1) * classes), label);
    }
  }

  /**
   * @param row float32 [classes]
   * @param label in [0, classes)
   * @returns the class that the picture was taken for; -1 for a row that is not finite
   */
  addRow(row: Float32Array, label: number): number {
    this.#count += 1;
    this.#counts[label]! += 1;
    const rank = rankOf(row, label);
    if (rank === Number.POSITIVE_INFINITY) return -1;
    if (rank < 1) this.#inTop1 += 1;
    if (rank < 5) this.#inTop5 += 1;
    const predicted = rank === 0 ? label : row.indexOf(Math.max(...row));
    this.#confusion[label * row.length + predicted]! += 1;
    return predicted;
  }

  /** The figures of everything added so far. */
  result(): EvaluationResult {
    const classes = this.#labels.length;
    const confusion = Array.from({ length: classes }, (_, label) =>
      Array.from(this.#confusion.subarray(label * classes, (label + 1) * classes)),
    );
    return {
      precisionAt1: share(this.#inTop1, this.#count) ?? 0,
      count: this.#count,
      interval: wilson(this.#inTop1, this.#count),
      top5: share(this.#inTop5, this.#count) ?? 0,
      perClass: this.#labels.map((label, index) => {
        const correct = confusion[index]![index]!;
        const predicted = confusion.reduce((sum, row) => sum + row[index]!, 0);
        const count = this.#counts[index]!;
        return { label, count, correct, recall: share(correct, count), precision: share(correct, predicted) };
      }),
      confusion,
    };
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
