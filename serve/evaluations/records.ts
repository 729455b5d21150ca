import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { KilnError } from '../../errors/errors.js';
import { type AnswerSheet, packNames, unpackNames } from './answer-sheet.js';
import { Answers } from './answers.js';
import { Database, type SqlRow, type SqlValue } from './database.js';
import { KeptPictures } from './kept-pictures.js';
import { migrations } from './schema.js';
import {
  type EvaluationFacts,
  type EvaluationSummary,
  type EvaluationView,
  evaluationSummary,
  evaluationView,
} from './views.js';

/** Kept where no file is named: the oldest that has ended makes room. */
const keptInMemory = 1000;

/** Which evaluations are asked for; every condition holds. */
export interface EvaluationFilter {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly dataset?: string | undefined;
  readonly split?: string | undefined;
  readonly status?: string | undefined;
  /** Only those that began before the one with this id. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export type EndedEvaluation = Exclude<EvaluationView, { status: 'running' }>;

/** Every column but the long ones, which a list does without. */
const summaryColumns = `id, model, version, digest, source, dataset, split, data_digest, total, started_at, ended_at,
  status, done, skipped, skipped_examples, error, count, precision_at_1, interval_low, interval_high, top5,
  images_per_second`;

/** The evaluations of a service, in an SQLite database. */
export class EvaluationRecords {
  readonly pictures: KeptPictures;
  readonly #database: Database;
  readonly #inMemory: boolean;

  private constructor(database: Database, inMemory: boolean) {
    this.pictures = new KeptPictures(database);
    this.#database = database;
    this.#inMemory = inMemory;
  }

  /**
   * Evaluations that were running when their process ended are `interrupted` from now on.
   *
   * @param file undefined: they end with the process
   * @throws KilnError EVALUATIONS_UNUSABLE
   */
  static async open(file: string | undefined): Promise<EvaluationRecords> {
    const database = await Database.open(file, migrations);
    database.run("UPDATE evaluations SET status = 'interrupted', ended_at = ? WHERE status = 'running'", [
      new Date().toISOString(),
    ]);
    const records = new EvaluationRecords(database, file === undefined);
    records.pictures.removeStrays();
    return records;
  }

  begin(facts: EvaluationFacts, total: number): void {
    const { id, model, source, dataset, split, dataDigest, startedAt } = facts;
    this.#insert({
      id,
      model: model.name,
      version: model.version,
      digest: model.digest,
      source,
      dataset,
      split,
      data_digest: dataDigest,
      total,
      started_at: startedAt,
      status: 'running',
    });
    if (this.#inMemory) this.#makeRoom();
  }

  /** @param sheet of one that is done */
  end(view: EndedEvaluation, sheet: AnswerSheet | undefined): void {
    const { id, status, endedAt, progress, skipped } = view;
    const ended = {
      status,
      ended_at: endedAt,
      done: progress.done,
      skipped: skipped.count,
      skipped_examples: JSON.stringify(skipped.examples),
      error: view.status === 'failed' ? JSON.stringify(view.error) : null,
      ...(sheet !== undefined && sheetColumns(sheet)),
      ...(view.status === 'done' && resultColumns(view.result)),
    } satisfies Record<string, SqlValue>;
    const columns = Object.keys(ended).map((column) => `${column} = ?`);
    this.#database.run(`UPDATE evaluations SET ${columns.join(', ')} WHERE id = ?`, [
      ...Object.values(ended),
      id,
    ]);
    if (status !== 'done') this.pictures.removeStrays();
    else if (this.#inMemory) this.pictures.makeRoom();
  }

  /** The newest first. @throws KilnError EVALUATION_NOT_FOUND for a `before` that is none */
  list({ before, limit, ...equal }: EvaluationFilter): EvaluationSummary[] {
    const conditions = ['1'];
    const values: SqlValue[] = [];
    for (const [column, value] of Object.entries(equal)) {
      if (value === undefined) continue;
      conditions.push(`${column} = ?`);
      values.push(value);
    }
    if (before !== undefined) {
      conditions.push('place < ?');
      values.push(this.#place(before));
    }
    const rows = this.#database.all(
      `SELECT ${summaryColumns} FROM evaluations WHERE ${conditions.join(' AND ')} ORDER BY place DESC LIMIT ?`,
      [...values, limit],
    );
    return rows.map((row) => checked(evaluationSummary, summaryOf(row)));
  }

  /** @throws KilnError EVALUATION_NOT_FOUND */
  get(id: string): EvaluationView {
    const row = this.#row(`${summaryColumns}, per_class, confusion`, id);
    const view = summaryOf(row);
    if (!('result' in view)) return checked(evaluationView, view);
    const result = { ...view.result, perClass: json(row.per_class), confusion: json(row.confusion) };
    return checked(evaluationView, { ...view, result });
  }

  /** Undefined unless it is done. @throws KilnError EVALUATION_NOT_FOUND */
  answers(id: string): Answers | undefined {
    return answersOf(this.#row('answers, probabilities', id));
  }

  /** Undefined unless it is done. @throws KilnError EVALUATION_NOT_FOUND */
  sheet(id: string): AnswerSheet | undefined {
    const row = this.#row('answers, probabilities, names, frame_height', id);
    const answers = answersOf(row);
    const names = blob(row.names);
    return (
      answers && {
        answers,
        names: names && unpackNames(names),
        frameHeight: typeof row.frame_height === 'number' ? row.frame_height : undefined,
      }
    );
  }

  close(): void {
    this.#database.close();
  }

  #insert(row: Readonly<Record<string, SqlValue>>): void {
    const columns = Object.keys(row);
    const places = columns.map(() => '?');
    this.#database.run(
      `INSERT INTO evaluations (${columns.join(', ')}) VALUES (${places.join(', ')})`,
      Object.values(row),
    );
  }

  #makeRoom(): void {
    this.#database.run(
      `DELETE FROM evaluations WHERE status <> 'running' AND place <= (SELECT MAX(place) FROM evaluations) - ?`,
      [keptInMemory],
    );
  }

  #row(columns: string, id: string): SqlRow {
    const [row] = this.#database.all(`SELECT ${columns} FROM evaluations WHERE id = ?`, [id]);
    if (row !== undefined) return row;
    throw new KilnError('EVALUATION_NOT_FOUND', {
      expected: 'an id that GET /evaluations lists',
      received: id.slice(0, 100),
    });
  }

  #place(id: string): number {
    return Number(this.#row('place', id).place);
  }
}

function sheetColumns({ answers, names, frameHeight }: AnswerSheet): Record<string, SqlValue> {
  return {
    answers: answers.bytes,
    probabilities: answers.probabilityBytes ?? null,
    names: names === undefined ? null : packNames(names),
    frame_height: frameHeight ?? null,
  };
}

function answersOf(row: SqlRow): Answers | undefined {
  const answers = blob(row.answers);
  return answers && Answers.ofBytes(answers, blob(row.probabilities));
}

function blob(value: unknown): Uint8Array | undefined {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

function resultColumns(
  result: Extract<EndedEvaluation, { status: 'done' }>['result'],
): Record<string, SqlValue> {
  const { precisionAt1, count, interval, top5, imagesPerSecond, perClass, confusion } = result;
  return {
    count,
    correct: perClass.reduce((sum, { correct }) => sum + correct, 0),
    precision_at_1: precisionAt1,
    interval_low: interval[0],
    interval_high: interval[1],
    top5,
    images_per_second: imagesPerSecond,
    per_class: JSON.stringify(perClass),
    confusion: JSON.stringify(confusion),
  };
}

/** A row in the form of a view; `checked` proves it to be one. */
function summaryOf(row: SqlRow) {
  const facts = {
    id: row.id,
    model: { name: row.model, version: row.version, digest: row.digest },
    source: row.source,
    dataset: row.dataset,
    split: row.split,
    dataDigest: row.data_digest,
    startedAt: row.started_at,
    progress: { done: row.done, count: row.total },
    skipped: { count: row.skipped, examples: json(row.skipped_examples) },
    status: row.status,
  };
  switch (row.status) {
    case 'running':
      return facts;
    case 'failed':
      return { ...facts, endedAt: row.ended_at, error: json(row.error) };
    case 'done':
      return { ...facts, endedAt: row.ended_at, result: figuresOf(row) };
    default:
      return { ...facts, endedAt: row.ended_at };
  }
}

function figuresOf(row: SqlRow) {
  return {
    precisionAt1: row.precision_at_1,
    count: row.count,
    interval: [row.interval_low, row.interval_high],
    top5: row.top5,
    imagesPerSecond: row.images_per_second,
  };
}

function json(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : undefined;
}

/** Other programs may write to the file as well. @throws KilnError EVALUATIONS_UNUSABLE */
function checked<T extends TSchema>(schema: T, value: unknown): Static<T> {
  if (Check(schema, value)) return value;
  throw new KilnError('EVALUATIONS_UNUSABLE', {
    expected: 'rows as kiln writes them',
    received: 'one that another program has changed',
  });
}
