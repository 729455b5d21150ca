import type { ClassifierMetadata } from '../../runtime/metadata.js';
import type { Prediction } from '../../runtime/top-predictions.js';
import { isObject, isProblem, PageError, type Problem } from '../browser/problem.js';

/** What this page uses of `GET model`: what the file says of itself, who runs it, and what is refused. */
export interface ServedModel {
  /** sha256 (hex) of the file that `model/file` sends. */
  readonly digest: string;
  readonly metadata: ClassifierMetadata;
  readonly runtime: { readonly provider: string };
  readonly limits: {
    /** Width × height of a picture, at most. */
    readonly maxPixels: number;
  };
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

/** JSON of any status: refusals of the service are bodies too. */
async function request(url: URL, init?: RequestInit): Promise<{ status: number; body: unknown }> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new PageError({ code: 'SERVICE_UNREACHABLE', message: 'The service cannot be reached from here.' });
  }
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}

function refuse(status: number, body: unknown): never {
  if (isProblem(body)) throw new PageError(body);
  throw new PageError({
    code: 'SERVICE_ANSWER_UNREADABLE',
    message: 'The service gave an answer that this page does not understand.',
    expected: 'the JSON that /docs describes',
    received: `status ${status}`,
  });
}

/**
 * The service beside which this page lies. Addresses are relative to `base`, so the page also works behind a prefix.
 */
export class Service {
  readonly #base: URL;

  constructor(base: URL) {
    this.#base = base;
  }

  /** Where the file of this digest lies; the browser may keep what comes from there for ever. */
  modelUrl(digest: string): string {
    const url = new URL('model/file', this.#base);
    url.searchParams.set('digest', digest);
    return url.href;
  }

  /** @throws PageError with the service's own report, or SERVICE_UNREACHABLE, SERVICE_ANSWER_UNREADABLE */
  async model(): Promise<ServedModel> {
    const { status, body } = await request(new URL('model', this.#base));
    if (status !== 200 || !isServedModel(body)) return refuse(status, body);
    return body;
  }

  /**
   * Sends the file as it is; the service decodes it. As a form, because a raw body needs a type that the service
   * takes, and a browser derives a file's type from nothing but its name.
   *
   * @param top how many labels to answer with; the service's own default when undefined
   * @throws PageError with the service's own report, or SERVICE_UNREACHABLE, SERVICE_ANSWER_UNREADABLE
   */
  async classify(picture: Blob, top: number | undefined): Promise<ServiceAnswer> {
    const url = new URL('classify', this.#base);
    if (top !== undefined) url.searchParams.set('top', String(top));
    const form = new FormData();
    form.append('images', picture);
    const sent = performance.now();
    const { status, body } = await request(url, { method: 'POST', body: form });
    const roundTripMs = performance.now() - sent;
    if (!isResults(body)) return refuse(status, body);
    const { predictions, timing, error } = body.results[0];
    if (predictions === undefined || timing === undefined) return refuse(status, error);
    return { digest: body.model.digest, predictions, timing: { ...timing, roundTripMs } };
  }
}
