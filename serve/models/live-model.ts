import type { Provider } from '../../runtime/classifier.js';
import type { ClassifierMetadata } from '../../runtime/metadata.js';
import type { FailedProvider } from '../../runtime/session.js';
import type { LoadedModel } from '../../runtime/worker-pool.js';
import type { Batcher } from '../batcher.js';
import type { ModelStatistics } from './model-statistics.js';

/** A checked model file under the name by which it is served. */
export interface ServedFile {
  readonly name: string;
  /** A whole number above 0, in digits. */
  readonly version: string;
  /** The ONNX file. */
  readonly bytes: Uint8Array;
  readonly metadata: ClassifierMetadata;
  /** sha256 (hex) of the file. */
  readonly digest: string;
}

interface Parts {
  readonly file: ServedFile;
  readonly loaded: LoadedModel;
  readonly batcher: Batcher;
  readonly statistics: ModelStatistics;
  readonly loadMs: number;
}

/** One version of one model, warm on the workers. */
export class LiveModel implements ServedFile {
  readonly name: string;
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly metadata: ClassifierMetadata;
  readonly digest: string;
  readonly batcher: Batcher;
  readonly statistics: ModelStatistics;
  readonly loadedAt = new Date();
  /** From the checked file to a warm session on every worker. */
  readonly loadMs: number;
  readonly #loaded: LoadedModel;
  #holders = 0;
  #released: (() => void) | undefined;

  constructor({ file, loaded, batcher, statistics, loadMs }: Parts) {
    this.name = file.name;
    this.version = file.version;
    this.bytes = file.bytes;
    this.metadata = file.metadata;
    this.digest = file.digest;
    this.batcher = batcher;
    this.statistics = statistics;
    this.loadMs = loadMs;
    this.#loaded = loaded;
  }

  /** The execution provider that really runs it. */
  get provider(): Provider {
    return this.#loaded.provider;
  }

  /** What was tried before it, in vain. */
  get failed(): readonly FailedProvider[] {
    return this.#loaded.failed;
  }

  /**
   * Keeps the model loaded, for work that is more than one request; returns what ends that, once. A request needs
   * none: its seat in the batcher holds the model.
   */
  retain(): () => void {
    this.#holders += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.#released?.();
    };
  }

  /** Gives its memory back once nobody holds it and every admitted request has its answer; to be called once. */
  async retire(): Promise<void> {
    if (this.#holders > 0) {
      await new Promise<void>((resolve) => {
        this.#released = resolve;
      });
    }
    await this.batcher.drained();
    this.#loaded.unload();
  }
}
