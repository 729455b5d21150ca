import type { Comparison } from '../../../serve/evaluations/comparison.js';
import type { EvaluatedPicture, PictureList, PictureOrder } from '../../../serve/evaluations/picture-list.js';
import type { EvaluationSummary, EvaluationView } from '../../../serve/evaluations/views.js';
import { isObject } from '../../browser/problem.js';
import { type Connection, unreadable } from '../connection.js';
import { PageError } from '../page-error.js';
import type { ModelChoice } from '../service.js';
import { serverSentEvents } from './server-sent-events.js';

export type { Comparison, EvaluatedPicture, EvaluationSummary, EvaluationView, PictureList, PictureOrder };
export type DoneEvaluation = Extract<EvaluationView, { status: 'done' }>;

/** What is to be evaluated, on which pictures. */
export type Order = { readonly choice: ModelChoice | undefined; readonly limit: number | undefined } & (
  | { readonly kind: 'dataset'; readonly dataset: string; readonly split: string }
  | { readonly kind: 'archive'; readonly archive: File }
);

/** A cell of the confusion matrix, by the names of its classes. */
export interface Cell {
  readonly true: string;
  readonly predicted: string;
}

/** Pictures of an evaluation: of a cell, or all mistakes. */
export type PictureQuery = { readonly order: PictureOrder } & (Cell | { readonly wrong: true });

const isView = (value: unknown): value is EvaluationView =>
  isObject(value) && typeof value.id === 'string' && typeof value.status === 'string';
const isList = (value: unknown): value is EvaluationSummary[] => Array.isArray(value) && value.every(isView);
const isPictureList = (value: unknown): value is PictureList =>
  isObject(value) && typeof value.count === 'number' && Array.isArray(value.pictures);
const isComparison = (value: unknown): value is Comparison =>
  isObject(value) && Array.isArray(value.evaluations) && Array.isArray(value.comparisons);

/** The service's routes under `evaluations`. Every method throws PageError as `Connection.open`. */
export class Evaluations {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** The newest first. */
  async list(): Promise<readonly EvaluationSummary[]> {
    return this.#ask('evaluations', isList);
  }

  async start(order: Order): Promise<EvaluationView> {
    const { choice, limit } = order;
    if (order.kind === 'dataset') {
      const { dataset, split } = order;
      const body = JSON.stringify({ dataset, split, ...choice, limit });
      return this.#ask('evaluations', isView, { headers: { 'content-type': 'application/json' }, body });
    }
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...choice, limit }))
      if (value !== undefined) form.append(name, String(value));
    form.append('archive', order.archive);
    return this.#ask('evaluations', isView, { body: form });
  }

  async cancel(id: string): Promise<void> {
    await this.connection.open(this.connection.url(`evaluations/${id}`), { method: 'DELETE' });
  }

  /** The evaluation as it goes on, up to its end. */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<EvaluationView> {
    const response = await this.connection.open(this.connection.url(`evaluations/${id}/events`), { signal });
    for await (const { data } of serverSentEvents(response.body!)) {
      const view: unknown = JSON.parse(data);
      if (!isView(view)) throw new PageError(unreadable(response));
      yield view;
    }
  }

  /** The first is what the second is held against. */
  async compare(first: string, second: string): Promise<Comparison> {
    return this.#ask(this.connection.url('evaluations/compare', { ids: `${first},${second}` }), isComparison);
  }

  /** @param page which of them: `limit` from the `offset`-th on */
  async pictures(
    id: string,
    query: PictureQuery,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<PictureList> {
    const texts = Object.entries({ ...query, ...page }).map(([name, value]) => [name, String(value)]);
    const url = this.connection.url(`evaluations/${id}/pictures`, Object.fromEntries(texts));
    return this.#ask(url, isPictureList);
  }

  pictureUrl(id: string, index: number): URL {
    return this.connection.url(`evaluations/${id}/pictures/${index}`);
  }

  async #ask<T>(
    path: string | URL,
    isAnswer: (value: unknown) => value is T,
    post?: { body: string | FormData; headers?: Record<string, string> },
  ): Promise<T> {
    const url = typeof path === 'string' ? this.connection.url(path) : path;
    const answer = await this.connection.json(url, post && { method: 'POST', ...post });
    if (isAnswer(answer)) return answer;
    throw new PageError(unreadable({ status: 200 }));
  }
}
