import type {
  CheckpointView,
  ExportOrder,
  RunMetrics,
  RunMetricsRow,
  RunSummary,
  RunView,
} from '../../../serve/runs/views.js';
import { isObject } from '../../browser/problem.js';
import { type Connection, unreadable } from '../connection.js';
import { PageError } from '../page-error.js';

export type { CheckpointView, ExportOrder, RunMetrics, RunMetricsRow, RunSummary, RunView };

/** A file that the service made. */
export interface MadeFile {
  readonly name: string;
  readonly content: Blob;
}

const isSummary = (value: unknown): value is RunSummary =>
  isObject(value) && typeof value.name === 'string' && typeof value.state === 'string';
const isList = (value: unknown): value is RunSummary[] => Array.isArray(value) && value.every(isSummary);
const isRun = (value: unknown): value is RunView & Record<string, unknown> =>
  isSummary(value) && 'checkpoints' in value && Array.isArray(value.checkpoints);
const isMetrics = (value: unknown): value is RunMetrics & Record<string, unknown> =>
  isObject(value) && 'lastStep' in value && Array.isArray(value.rows);

/** The service's routes under `runs`. Every method throws PageError as `Connection.open`. */
export class Runs {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The newest first. */
  async list(signal?: AbortSignal): Promise<readonly RunSummary[]> {
    return this.#ask(this.#connection.url('runs'), isList, signal);
  }

  async get(name: string, signal?: AbortSignal): Promise<RunView> {
    return this.#ask(this.#connection.url(`runs/${encodeURIComponent(name)}`), isRun, signal);
  }

  /** Rows of the step `from` and of later ones. */
  async metrics(name: string, from: number, signal?: AbortSignal): Promise<RunMetrics> {
    const path = `runs/${encodeURIComponent(name)}/metrics`;
    return this.#ask(this.#connection.url(path, { from: String(from) }), isMetrics, signal);
  }

  async export(name: string, order: ExportOrder): Promise<MadeFile> {
    const url = this.#connection.url(`runs/${encodeURIComponent(name)}/export`);
    const response = await this.#connection.open(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    const disposition = response.headers.get('content-disposition') ?? '';
    const [, encoded] = /filename\*=UTF-8''([^;]+)/.exec(disposition) ?? [];
    return {
      name: encoded === undefined ? `${name}.onnx` : decodeURIComponent(encoded),
      content: await response.blob(),
    };
  }

  async #ask<T>(
    url: URL,
    isAnswer: (value: unknown) => value is T,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const answer = await this.#connection.json(url, signal === undefined ? {} : { signal });
    if (isAnswer(answer)) return answer;
    throw new PageError(unreadable({ status: 200 }));
  }
}
