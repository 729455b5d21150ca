import { createDistorter, type Distorter, type Distortions } from '../../../data/distortions.js';
import type { Network } from '../../../networks/network.js';
import { normalisation, preparation } from '../../../train/preparation.js';

/** How pictures are looked at: as the finished file will, or from a little aside. */
export class Views {
  readonly #plain: Distorter;
  readonly #shifted: Distorter;
  /** Numbers of one view: channels × height × width of the network's input. */
  readonly size: number;

  /** @param frame size of the pictures */
  constructor(
    { input, preprocessing }: Network,
    frame: { readonly height: number; readonly width: number },
    readonly seed: number,
  ) {
    this.#plain = createDistorter(preparation(preprocessing), frame);
    this.#shifted = createDistorter(shifted(preprocessing), frame);
    this.size = input.channels * input.height * input.width;
  }

  /** float32 [frames.length, channels, height, width] */
  plain(frames: readonly Uint8Array[]): Float32Array<ArrayBuffer> {
    const rows = frames.map((frame, example) => ({ frame, example }));
    return this.#look(this.#plain, rows, 0);
  }

  /**
   * float32 [examples.length, channels, height, width], another window of each picture in every epoch.
   * @param examples indices into `frames`
   */
  shifted(
    frames: readonly Uint8Array[],
    examples: Iterable<number>,
    epoch: number,
  ): Float32Array<ArrayBuffer> {
    const rows = Array.from(examples, (example) => ({ frame: frames[example]!, example }));
    return this.#look(this.#shifted, rows, epoch);
  }

  #look(
    distorter: Distorter,
    rows: readonly { readonly frame: Uint8Array; readonly example: number }[],
    epoch: number,
  ): Float32Array<ArrayBuffer> {
    const views = new Float32Array(rows.length * this.size);
    for (const [row, { frame, example }] of rows.entries()) {
      const slot = views.subarray(row * this.size, (row + 1) * this.size);
      distorter.distort(frame, { seed: this.seed, epoch, example }, slot);
    }
    return views;
  }
}

/** No mirror images: a visitor may well teach left and right. */
function shifted(preprocessing: Network['preprocessing']): Distortions {
  return [{ kind: 'random-crop', ...preprocessing.crop }, normalisation(preprocessing)];
}
