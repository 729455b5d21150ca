import { encodePng } from '../../images/encode-png.js';
import type { KeptPicture } from './kept-pictures.js';

/** One picture and what became of it. */
export interface AnsweredFrame {
  readonly place: number;
  readonly label: number;
  /** -1 for none */
  readonly predicted: number;
  /** The probability of `predicted`. */
  readonly confidence: number;
  /** uint8 RGB, [height, width, 3]; copied where it is kept. */
  readonly frame: Uint8Array;
}

interface Options {
  /** Pictures at most; 0 keeps none. */
  readonly capacity: number;
  readonly classes: number;
}

/** Samples of a class's right answers, where there is room: at most a quarter of all is theirs. */
const rightSamples = 32;
const rightShare = 1 / 4;

/** Of pixels. A slice is compressed and written down at once; while it is written no request is answered. */
const sliceBytes = 512 * 1024;

/**
 * Chooses which pictures of an evaluation are kept, as they come, of those whose source is gone afterwards: the first
 * few right ones of each class, and the wrong ones. Where these are too many, the cell of the confusion matrix that has
 * most of them gives up the one that the model was least sure of, so that no cell is emptied by another.
 */
export class PictureKeeper {
  readonly #rightRoom: number;
  readonly #wrongRoom: number;
  readonly #right = new Map<number, AnsweredFrame[]>();
  /** By label and predicted class. */
  readonly #wrong = new Map<string, AnsweredFrame[]>();
  #wrongCount = 0;

  constructor({ capacity, classes }: Options) {
    this.#rightRoom = Math.min(rightSamples, Math.floor((capacity * rightShare) / classes));
    this.#wrongRoom = capacity - this.#rightRoom * classes;
  }

  offer(picture: AnsweredFrame): void {
    const { label, predicted } = picture;
    if (label === predicted) {
      if ((this.#right.get(label)?.length ?? 0) < this.#rightRoom) put(this.#right, label, picture);
      return;
    }
    if (this.#wrongRoom === 0) return;
    put(this.#wrong, `${label} ${predicted}`, picture);
    this.#wrongCount += 1;
    if (this.#wrongCount > this.#wrongRoom) this.#giveUpOne();
  }

  /** The places of what is kept so far, in their order. */
  get places(): number[] {
    return this.#kept.map(({ place }) => place).sort((a, b) => a - b);
  }

  /**
   * What is kept, as files, slice after slice. Ends early when the signal aborts.
   *
   * @param size of the frames, in pixels
   */
  async *encode(
    size: { readonly height: number; readonly width: number },
    signal: AbortSignal,
  ): AsyncGenerator<readonly KeptPicture[]> {
    const kept = this.#kept;
    const several = Math.max(1, Math.floor(sliceBytes / (size.height * size.width * 3)));
    for (let first = 0; first < kept.length; first += several) {
      const slice = kept.slice(first, first + several).map(async ({ place, frame }) => ({
        place,
        png: await encodePng(frame, size.height, size.width),
      }));
      const pictures = await Promise.all(slice);
      if (signal.aborted) return;
      yield pictures;
    }
  }

  get #kept(): AnsweredFrame[] {
    return [...this.#right.values(), ...this.#wrong.values()].flat();
  }

  #giveUpOne(): void {
    let fullest: AnsweredFrame[] = [];
    for (const cell of this.#wrong.values()) if (cell.length > fullest.length) fullest = cell;
    let least = 0;
    for (const [index, { confidence }] of fullest.entries())
      if (confidence < fullest[least]!.confidence) least = index;
    fullest.splice(least, 1);
    this.#wrongCount -= 1;
  }
}

function put<Key>(cells: Map<Key, AnsweredFrame[]>, key: Key, picture: AnsweredFrame): void {
  const copy = { ...picture, frame: picture.frame.slice() }; // its batch is not held
  const cell = cells.get(key);
  if (cell === undefined) cells.set(key, [copy]);
  else cell.push(copy);
}
