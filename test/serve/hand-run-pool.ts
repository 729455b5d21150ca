import type { InferencePool, LoadedModel, Row, RowResult } from '../../runtime/worker-pool.js';

interface HeldBatch {
  readonly rows: readonly Row[];
  /** Ends the batch: each row's probabilities are [its first byte, 1, 0, 0 …]. */
  finish(): void;
  fail(error: Error): void;
}

/** A pool, and a model on it, whose batches end when the test says so. */
export class HandRunPool implements InferencePool, LoadedModel {
  readonly provider = 'cpu';
  readonly failed = [];
  readonly threadsPerWorker = 1;
  readonly replaced = 0;
  readonly usage = [];
  readonly workers: number;
  idle: number;
  /** In the order in which they began; those that ended included. */
  readonly batches: HeldBatch[] = [];
  readonly #listeners: (() => void)[] = [];
  readonly #starts: (() => void)[] = [];

  readonly #classes: number;

  constructor(workers: number, classes = 2) {
    this.workers = workers;
    this.#classes = classes;
    this.idle = workers;
  }

  get sizes(): number[] {
    return this.batches.map(({ rows }) => rows.length);
  }

  onIdle(listener: () => void): void {
    this.#listeners.push(listener);
  }

  run(rows: readonly Row[]): Promise<RowResult[]> {
    this.idle -= 1;
    return new Promise((resolve, reject) => {
      const release = (): void => {
        this.idle += 1;
        for (const listener of this.#listeners) listener();
      };
      this.batches.push({
        rows,
        finish: () => {
          release();
          resolve(rows.map(({ bytes }) => this.#answer(bytes[0] ?? 0, rows.length)));
        },
        fail: (error) => {
          release();
          reject(error);
        },
      });
      for (const started of this.#starts.splice(0)) started();
    });
  }

  /** Resolves when `count` batches have begun. */
  async begun(count: number): Promise<void> {
    while (this.batches.length < count) await new Promise<void>((resolve) => this.#starts.push(resolve));
  }

  /** Every model is this one. */
  async load(): Promise<LoadedModel> {
    return this;
  }

  unload(): void {}

  async close(): Promise<void> {}

  #answer(value: number, batch: number): RowResult {
    const values = new Float32Array(this.#classes);
    values.set([value, 1]);
    return { kind: 'probabilities', values, decodeMs: 0, inferenceMs: 1, batch };
  }
}

/** A pool whose batches end at once. */
export class InstantPool extends HandRunPool {
  override run(rows: readonly Row[]): Promise<RowResult[]> {
    const results = super.run(rows);
    this.batches.at(-1)?.finish();
    return results;
  }
}

/** Rows that can be told apart by their first byte. */
export function rowsOf(...values: number[]): Row[] {
  return values.map((value) => ({ kind: 'frame', bytes: Uint8Array.of(value) }));
}

/** Lets everything happen that is ready to: two turns of the event loop. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 2; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
