import type { Prediction } from '../../../runtime/top-predictions.js';
import { toProblem } from '../../browser/problem.js';
import type { Frame } from '../../browser/worker-messages.js';
import type { Side } from './result-card.js';

export interface Picture {
  readonly id: number;
  readonly name: string;
  readonly file: Blob;
  /** Object URL of the file, valid while the picture is in the list. */
  readonly url: string;
  service: Side;
  tab: Side;
  frame: Frame | undefined;
}

export type SideName = 'service' | 'tab';

export interface Done {
  readonly digest: string;
  readonly predictions: readonly Prediction[];
  readonly times: Readonly<Record<string, number>>;
}

/** One way to classify; `onFrame` is called where the frame becomes known here. */
export type Ask = (file: Blob, onFrame: (frame: Frame) => void) => Promise<Done>;

const waiting: Side = { kind: 'waiting', reason: 'Waiting for its turn…' };
const unexpected = { code: 'PAGE_FAILED', message: 'The page made a mistake of its own.' };

/**
 * The pictures of this visit. Each side works through them one after another, on its own: a slow or broken side
 * never holds up the other, and its times are those of one picture at a time.
 */
export class Pictures {
  /** Oldest pictures are forgotten beyond this many. */
  static readonly capacity = 24;

  readonly #asks: Readonly<Record<SideName, Ask>>;
  readonly #onChange: (picture: Picture) => void;
  readonly #lanes: Record<SideName, Promise<void>> = { service: Promise.resolve(), tab: Promise.resolve() };
  #pictures: Picture[] = [];
  #nextId = 0;

  constructor(asks: Readonly<Record<SideName, Ask>>, onChange: (picture: Picture) => void) {
    this.#asks = asks;
    this.#onChange = onChange;
  }

  /** The newest first; pictures that came together stay in their order. */
  get all(): readonly Picture[] {
    return this.#pictures;
  }

  find(id: number): Picture | undefined {
    return this.#pictures.find((picture) => picture.id === id);
  }

  /** Takes at most `capacity` files and starts both sides on each; @returns the pictures taken. */
  add(files: readonly File[]): Picture[] {
    const added = files.slice(0, Pictures.capacity).map(
      (file): Picture => ({
        id: this.#nextId++,
        name: file.name || 'pasted picture',
        file,
        url: URL.createObjectURL(file),
        service: waiting,
        tab: waiting,
        frame: undefined,
      }),
    );
    const all = [...added, ...this.#pictures];
    for (const { url } of all.slice(Pictures.capacity)) URL.revokeObjectURL(url);
    this.#pictures = all.slice(0, Pictures.capacity);
    for (const picture of added) {
      this.ask(picture, 'service');
      this.ask(picture, 'tab');
    }
    return added;
  }

  /** Asks both sides about every picture again: they have become another model. */
  askAgain(): void {
    for (const picture of this.#pictures) {
      this.ask(picture, 'service');
      this.ask(picture, 'tab');
    }
  }

  /** Puts the picture at the end of one side's lane, for the first time or again. */
  ask(picture: Picture, name: SideName): void {
    const update = (side: Side): void => {
      picture[name] = side;
      this.#onChange(picture);
    };
    update(waiting);
    this.#lanes[name] = this.#lanes[name].then(async () => {
      if (this.find(picture.id) === undefined) return;
      update({ kind: 'working' });
      try {
        const done = await this.#asks[name](picture.file, (frame) => {
          picture.frame = frame;
          this.#onChange(picture);
        });
        update({ kind: 'done', ...done });
      } catch (error) {
        update({ kind: 'failed', problem: toProblem(error, unexpected) });
      }
    });
  }
}
