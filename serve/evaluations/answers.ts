import type { PairedCounts } from '../../runtime/mcnemar.js';

/** Stands for a picture that was not counted, and for an answer that is no class. */
const none = 0xffff;

/** What a model answered to one picture. */
export interface Answer {
  readonly label: number;
  /** Undefined where the model's row was not finite. */
  readonly predicted: number | undefined;
  /** In [0, 1], of the two classes; undefined without `predicted`, and in evaluations of a kiln that kept none. */
  readonly probability: { readonly label: number; readonly predicted: number } | undefined;
}

/**
 * What a model answered, picture by picture and in their order: so that two models can be compared on each, and the
 * pictures behind a figure be found. Label and predicted class are two bytes each, their probabilities a float32 each,
 * all little-endian.
 */
export class Answers {
  readonly #view: DataView;
  readonly #probabilities: DataView | undefined;

  private constructor(bytes: Uint8Array, probabilities: Uint8Array | undefined) {
    this.#view = viewOf(bytes);
    this.#probabilities = probabilities && viewOf(probabilities);
  }

  /** Room for `count` pictures, none of them counted. */
  static ofCount(count: number): Answers {
    return new Answers(new Uint8Array(4 * count).fill(0xff), new Uint8Array(8 * count));
  }

  /** @param probabilities undefined where none were kept */
  static ofBytes(bytes: Uint8Array, probabilities: Uint8Array | undefined): Answers {
    return new Answers(bytes, probabilities);
  }

  get bytes(): Uint8Array {
    return bytesOf(this.#view);
  }

  get probabilityBytes(): Uint8Array | undefined {
    return this.#probabilities && bytesOf(this.#probabilities);
  }

  /** How many pictures there are, those that were not counted included. */
  get count(): number {
    return this.#view.byteLength / 4;
  }

  /**
   * @param predicted -1 for none
   * @param row the probabilities of all classes
   */
  set(place: number, label: number, predicted: number, row: Float32Array): void {
    this.#view.setUint16(4 * place, label, true);
    this.#view.setUint16(4 * place + 2, predicted < 0 ? none : predicted, true);
    if (predicted < 0) return;
    this.#probabilities?.setFloat32(8 * place, row[label]!, true);
    this.#probabilities?.setFloat32(8 * place + 4, row[predicted]!, true);
  }

  /** Undefined for a picture that was not counted, and outside [0, count). */
  at(place: number): Answer | undefined {
    if (!(place >= 0 && place < this.count)) return undefined;
    const label = this.#view.getUint16(4 * place, true);
    if (label === none) return undefined;
    const predicted = this.#view.getUint16(4 * place + 2, true);
    if (predicted === none) return { label, predicted: undefined, probability: undefined };
    return { label, predicted, probability: this.#probabilityAt(place) };
  }

  #probabilityAt(place: number): Answer['probability'] {
    return (
      this.#probabilities && {
        label: this.#probabilities.getFloat32(8 * place, true),
        predicted: this.#probabilities.getFloat32(8 * place + 4, true),
      }
    );
  }

  /**
   * Who was right how often, for each class and in all, on the pictures that both counted.
   *
   * @param other on the same pictures
   */
  pairedWith(other: Answers, classes: number): { all: PairedCounts; perClass: PairedCounts[] } {
    const perClass = Array.from({ length: classes }, () => ({
      both: 0,
      onlyFirst: 0,
      onlySecond: 0,
      neither: 0,
    }));
    for (let at = 0; at < this.#view.byteLength; at += 4) {
      const label = this.#view.getUint16(at, true);
      const counts = perClass[label];
      if (counts === undefined || other.#view.getUint16(at, true) !== label) continue;
      const first = this.#view.getUint16(at + 2, true) === label;
      const second = other.#view.getUint16(at + 2, true) === label;
      counts[first ? (second ? 'both' : 'onlyFirst') : second ? 'onlySecond' : 'neither'] += 1;
    }
    return { all: perClass.reduce(sum), perClass };
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const bytesOf = (view: DataView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function sum(a: PairedCounts, b: PairedCounts) {
  return {
    both: a.both + b.both,
    onlyFirst: a.onlyFirst + b.onlyFirst,
    onlySecond: a.onlySecond + b.onlySecond,
    neither: a.neither + b.neither,
  };
}
