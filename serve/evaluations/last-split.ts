import type { SplitName } from '../../data/dataset.js';
import { KilnError } from '../../errors/errors.js';
import type { LabelledSplit, SplitOpener } from './dataset-thread.js';

/** A split stays open for so long after it was last looked into. */
const idleMs = 60_000;

/** The pictures that an evaluation of a dataset has seen. */
export interface SeenSplit {
  readonly dataset: string;
  readonly split: SplitName;
  /** sha256 (hex) that the dataset had. */
  readonly digest: string;
  /** Pictures from the beginning of the split. */
  readonly count: number;
  /** What a folder's pictures were brought to. */
  readonly frame: { readonly height: number } | undefined;
}

/**
 * The split that was last asked for, which is likely to be asked for again: who looks at one picture of an evaluation
 * looks at more. One at a time, because a split lies in memory while it is open.
 */
export class LastSplit {
  readonly #open: SplitOpener;
  readonly #closing: AbortSignal;
  #last: { readonly key: string; readonly opened: Promise<LabelledSplit> } | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(open: SplitOpener, closing: AbortSignal) {
    this.#open = open;
    this.#closing = closing;
    closing.addEventListener('abort', () => this.#forget());
  }

  /**
   * The pictures as the evaluation saw them.
   *
   * @throws KilnError DATASET_NOT_FOUND, DATASET_CORRUPT; DATASET_CHANGED for other data under the name
   */
  async read(seen: SeenSplit): Promise<LabelledSplit['pictures']> {
    const key = JSON.stringify(seen);
    if (this.#last?.key !== key) this.#last = { key, opened: this.#openAgain(seen) };
    const { opened } = this.#last;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#forget(), idleMs).unref();
    try {
      return (await opened).pictures;
    } catch (error) {
      if (this.#last?.opened === opened) this.#forget(); // it may be there next time
      throw error;
    }
  }

  async #openAgain({ dataset, split, digest, count, frame }: SeenSplit): Promise<LabelledSplit> {
    const opened = await this.#open({ dataset, split, frame, limit: count }, this.#closing).catch(asChange);
    if (opened.digest !== digest) throw changed(digest, opened.digest);
    return opened;
  }

  #forget(): void {
    clearTimeout(this.#idle);
    this.#last = undefined;
  }
}

/** It was whole when it was evaluated: whatever else is wrong with it now has come since. */
function asChange(error: unknown): never {
  const known: readonly string[] = ['DATASET_NOT_FOUND', 'DATASET_CORRUPT'];
  if (!(error instanceof KilnError) || known.includes(error.code)) throw error;
  throw new KilnError('DATASET_CHANGED', {
    expected: 'the dataset as it was',
    received: `${error.message} (${error.received})`,
    cause: error,
  });
}

function changed(expected: string, received: string): KilnError {
  return new KilnError('DATASET_CHANGED', {
    expected: `data whose sha256 is ${expected}`,
    received,
  });
}
