import { encodeModel } from '../../../onnx/encode.js';
import type { OpenSession, Session } from '../../../runtime/session.js';
import { floats } from '../../../train/forward-pass.js';
import type { BaseModel } from './base-model.js';
import type { CutNetwork } from './last-layer.js';

/** Pictures that go through at once: others have their turn in between. */
const batch = 16;

/** What a file's network makes of pictures before its last layer. */
export class FeatureExtractor {
  /** Numbers of one picture's features. */
  readonly size: number;
  readonly #session: Session;
  readonly #dims: readonly number[];

  private constructor(session: Session, { head }: CutNetwork, { network }: BaseModel) {
    const { channels, height, width } = network.input;
    this.size = head.input.channels;
    this.#session = session;
    this.#dims = [channels, height, width];
  }

  static async open(cut: CutNetwork, base: BaseModel, open: OpenSession): Promise<FeatureExtractor> {
    const parameters = new Map(Array.from(base.weights, ([name, { data }]) => [name, data]));
    return new FeatureExtractor(
      await open(encodeModel(cut.features, { name: 'features', parameters })),
      cut,
      base,
    );
  }

  /**
   * @param images float32 [count, channels, height, width]
   * @param pause called between two runs
   * @returns float32 [count, size]
   */
  async run(images: Float32Array, count: number, pause: () => Promise<void>): Promise<Float32Array> {
    const features = new Float32Array(count * this.size);
    const length = images.length / count;
    for (let first = 0; first < count; first += batch) {
      const rows = Math.min(batch, count - first);
      const data = images.subarray(first * length, (first + rows) * length);
      const outputs = await this.#session.run({
        images: { dtype: 'float32', dims: [rows, ...this.#dims], data },
      });
      features.set(floats(outputs, 'features'), first * this.size);
      await pause();
    }
    return features;
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
