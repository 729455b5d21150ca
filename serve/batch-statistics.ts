import Type, { type Static } from 'typebox';

export const batchStatistics = Type.Object({
  batches: Type.Integer({ minimum: 0, description: 'Runs of the model for requests.' }),
  rows: Type.Integer({ minimum: 0, description: 'Pictures in those runs.' }),
  meanBatch: Type.Number({ minimum: 0, description: 'rows / batches.' }),
  sizes: Type.Array(Type.Integer({ minimum: 0 }), { description: 'sizes[n]: how many runs had n pictures.' }),
  background: Type.Object(
    { batches: Type.Integer({ minimum: 0 }), rows: Type.Integer({ minimum: 0 }) },
    { description: 'Runs for evaluations.' },
  ),
  refused: Type.Integer({ minimum: 0, description: 'Requests that found the queue full.' }),
  expired: Type.Integer({ minimum: 0, description: 'Requests that waited too long.' }),
  abandoned: Type.Integer({ minimum: 0, description: 'Requests whose client left before they ran.' }),
  waitingRows: Type.Integer({ minimum: 0, description: 'Pictures that wait now, decoding included.' }),
  runningBatches: Type.Integer({ minimum: 0, description: 'Runs under way now.' }),
});

export type BatchStatistics = Static<typeof batchStatistics>;

/** Running totals of one batcher, since it was made. */
export class BatchCounter {
  readonly #sizes: number[];
  #batches = 0;
  #rows = 0;
  #background = { batches: 0, rows: 0 };
  refused = 0;
  expired = 0;
  abandoned = 0;

  constructor(maxBatch: number) {
    this.#sizes = new Array<number>(maxBatch + 1).fill(0);
  }

  batch(rows: number): void {
    this.#batches += 1;
    this.#rows += rows;
    this.#sizes[rows]! += 1;
  }

  backgroundBatch(rows: number): void {
    this.#background = { batches: this.#background.batches + 1, rows: this.#background.rows + rows };
  }

  snapshot(waitingRows: number, runningBatches: number): BatchStatistics {
    return {
      batches: this.#batches,
      rows: this.#rows,
      meanBatch: this.#batches === 0 ? 0 : this.#rows / this.#batches,
      sizes: [...this.#sizes],
      background: { ...this.#background },
      refused: this.refused,
      expired: this.expired,
      abandoned: this.abandoned,
      waitingRows,
      runningBatches,
    };
  }
}
