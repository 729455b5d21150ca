import type { ClassifierMetadata } from '../../runtime/metadata.js';
import type { Prediction } from '../../runtime/top-predictions.js';
import { isObject, type Problem } from '../browser/problem.js';
import { type Connection, unreadable } from './connection.js';
import { PageError } from './page-error.js';

/** What this page uses of `GET model`: what the file says of itself, who runs it, and what is refused. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** sha256 (hex) of the file that `model/file` sends. */
  readonly digest: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly metadata: ClassifierMetadata;
  readonly runtime: { readonly provider: string };
  readonly limits: {
    /** Width × height of a picture, at most. */
    readonly maxPixels: number;
  };
}

/** One version of one model; the service's default where there is no choice. */
export interface ModelChoice {
  readonly model: string;
  readonly version: string;
}

export interface ServiceTiming {
  readonly queueMs: number;
  readonly decodeMs: number;
  readonly inferenceMs: number;
}

export interface ServiceAnswer {
  readonly digest: string;
  readonly predictions: readonly Prediction[];
  readonly timing: ServiceTiming & {
    /** From sending the picture to having read the answer, as this page saw it. */
    readonly roundTripMs: number;
  };
}

interface ClassifyResult {
  readonly predictions?: readonly Prediction[];
  readonly timing?: ServiceTiming;
  readonly error?: Problem;
}

const isServedModel = (value: unknown): value is ServedModel & Record<string, unknown> =>
  isObject(value) &&
  typeof value.digest === 'string' &&
  isObject(value.metadata) &&
  isObject(value.runtime) &&
  isObject(value.limits);
const isResults = (value: unknown): value is { model: { digest: string }; results: [ClassifyResult] } =>
  isObject(value) && isObject(value.model) && Array.isArray(value.results) && isObject(value.results[0]);

/** The routes of one model. Every method throws PageError as `Connection.open`. */
export class Service {
  readonly connection: Connection;
  readonly choice: ModelChoice | undefined;

  constructor(connection: Connection, choice?: ModelChoice) {
    this.connection = connection;
    this.choice = choice;
  }

  /** Where the file of this digest lies; the browser may keep what comes from there for ever. */
  modelUrl(digest: string): string {
    return this.connection.url('model/file', { digest }).href;
  }

  async model(): Promise<ServedModel> {
    const body = await this.connection.json(this.connection.url('model', { ...this.choice }));
    if (!isServedModel(body)) throw new PageError(unreadable({ status: 200 }));
    return body;
  }

  /**
   * Sends the file as it is; the service decodes it. As a form, because a raw body needs a type that the service
   * takes, and a browser derives a file's type from nothing but its name.
   *
   * @param top how many labels to answer with; the service's own default when undefined
   */
  async classify(picture: Blob, top: number | undefined): Promise<ServiceAnswer> {
    const query = { ...this.choice, ...(top !== undefined && { top: String(top) }) };
    const form = new FormData();
    form.append('images', picture);
    const sent = performance.now();
    const body = await this.connection.json(this.connection.url('classify', query), {
      method: 'POST',
      body: form,
    });
    const roundTripMs = performance.now() - sent;
    if (!isResults(body)) throw new PageError(unreadable({ status: 200 }));
    const { predictions, timing, error } = body.results[0];
    if (predictions === undefined || timing === undefined) {
      throw new PageError(error ?? unreadable({ status: 200 }));
    }
    return { digest: body.model.digest, predictions, timing: { ...timing, roundTripMs } };
  }
}
