import type { PairedCounts } from '../../runtime/mcnemar.js';

/** Stands for a picture that was not counted, and for an answer that is no class. */
const none = 0xffff;

/**
 * What a model answered, picture by picture and in their order, so that two models can be compared on each: label and
 * predicted class, two bytes each, little-endian.
 */
export class Answers {
  readonly #view: DataView;

  private constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Room for `count` pictures, none of them counted. */
  static ofCount(count: number): Answers {
    return new Answers(new Uint8Array(4 * count).fill(0xff));
  }

  static ofBytes(bytes: Uint8Array): Answers {
    return new Answers(bytes);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset, this.#view.byteLength);
  }

  /** @param predicted -1 for none */
  set(place: number, label: number, predicted: number): void {
    this.#view.setUint16(4 * place, label, true);
    this.#view.setUint16(4 * place + 2, predicted < 0 ? none : predicted, true);
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

function sum(a: PairedCounts, b: PairedCounts) {
  return {
    both: a.both + b.both,
    onlyFirst: a.onlyFirst + b.onlyFirst,
    onlySecond: a.onlySecond + b.onlySecond,
    neither: a.neither + b.neither,
  };
}
