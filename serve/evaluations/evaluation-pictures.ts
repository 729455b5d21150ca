import { KilnError } from '../../errors/errors.js';
import { encodePng } from '../../images/encode-png.js';
import type { AnswerSheet } from './answer-sheet.js';
import type { Answer } from './answers.js';
import type { LastSplit } from './last-split.js';
import { type PictureList, type PictureOrder, selectPictures } from './picture-list.js';
import type { EvaluationRecords } from './records.js';
import type { EvaluationRunner } from './runner.js';
import type { EvaluationView } from './views.js';

type Done = Extract<EvaluationView, { status: 'done' }>;

/** A page of the pictures of one evaluation. */
export interface PictureQuery {
  /** A label's name. */
  readonly true?: string | undefined;
  readonly predicted?: string | undefined;
  readonly wrong?: boolean | undefined;
  readonly order: PictureOrder;
  readonly limit: number;
  readonly offset: number;
}

interface Options {
  readonly records: EvaluationRecords;
  readonly runner: EvaluationRunner;
  readonly splits: LastSplit;
}

/** The pictures behind the figures of an evaluation. */
export class EvaluationPictures {
  readonly #records: EvaluationRecords;
  readonly #runner: EvaluationRunner;
  readonly #splits: LastSplit;

  constructor({ records, runner, splits }: Options) {
    this.#records = records;
    this.#runner = runner;
    this.#splits = splits;
  }

  /** @throws KilnError EVALUATION_NOT_FOUND; EVALUATION_MISMATCH unless it is done; REQUEST_INVALID for an unknown label */
  list(id: string, { limit, offset, order: asked, ...query }: PictureQuery): PictureList {
    const { view, sheet } = this.#done(id);
    const labels = view.result.perClass.map(({ label }) => label);
    const filter = {
      label: classOf(labels, query.true),
      predicted: classOf(labels, query.predicted),
      wrong: query.wrong,
    };
    const { order, places } = selectPictures(sheet.answers, filter, asked);
    const kept = view.source === 'archive' ? this.#records.pictures.places(id) : undefined;
    return {
      count: places.length,
      order,
      pictures: places.slice(offset, offset + limit).map((index) => ({
        index,
        name: sheet.names?.[index] || null,
        ...inWords(sheet.answers.at(index)!, labels),
        available: kept === undefined || kept.has(index),
      })),
    };
  }

  /**
   * One picture, as the network saw it, as a PNG file.
   *
   * @throws KilnError EVALUATION_NOT_FOUND; EVALUATION_MISMATCH unless it is done; PICTURE_NOT_FOUND; PICTURE_NOT_KEPT of an
   *   archive; DATASET_NOT_FOUND, DATASET_CORRUPT, DATASET_CHANGED of a dataset
   */
  async png(id: string, index: number): Promise<Uint8Array> {
    const { view, sheet } = this.#done(id);
    if (sheet.answers.at(index) === undefined) {
      throw new KilnError('PICTURE_NOT_FOUND', {
        expected: `an index that GET /evaluations/${id}/pictures lists`,
        received: String(index),
      });
    }
    return view.source === 'archive' ? this.#keptPng(view, index) : this.#readAgain(view, sheet, index);
  }

  #keptPng({ id, dataset }: Done, index: number): Uint8Array {
    const png = this.#records.pictures.png(id, index);
    if (png !== undefined) return png;
    throw new KilnError('PICTURE_NOT_KEPT', {
      expected: `a picture of ${dataset} that is listed as available`,
      received: `picture ${index}`,
    });
  }

  async #readAgain(view: Done, { frameHeight }: AnswerSheet, index: number): Promise<Uint8Array> {
    const { dataset, split, dataDigest: digest, progress } = view;
    const frame = frameHeight === undefined ? undefined : { height: frameHeight };
    const { height, width, images } = await this.#splits.read({
      dataset,
      split: split!, // a dataset's evaluation has one
      digest,
      count: progress.count,
      frame,
    });
    const bytes = height * width * 3;
    return encodePng(images.subarray(index * bytes, (index + 1) * bytes), height, width);
  }

  #done(id: string): { readonly view: Done; readonly sheet: AnswerSheet } {
    const view = this.#runner.get(id);
    if (view.status !== 'done') throw withoutResult(view.status);
    const sheet = this.#records.sheet(id);
    if (sheet !== undefined) return { view, sheet };
    throw withoutResult('done, and could not be written down');
  }
}

/** @param status that it has instead */
export function withoutResult(status: string): KilnError {
  return new KilnError('EVALUATION_MISMATCH', {
    message: 'The evaluation has no result.',
    expected: 'an evaluation that is done',
    received: `one that is ${status}`,
  });
}

function classOf(labels: readonly string[], name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  const index = labels.indexOf(name);
  if (index >= 0) return index;
  throw new KilnError('REQUEST_INVALID', {
    expected: `a label of the evaluation: ${labels.join(', ')}`,
    received: name.slice(0, 100),
  });
}

function inWords({ label, predicted, probability }: Answer, labels: readonly string[]) {
  return {
    true: labels[label]!,
    predicted: predicted === undefined ? null : labels[predicted]!,
    probability: { true: probability?.label ?? null, predicted: probability?.predicted ?? null },
  };
}
