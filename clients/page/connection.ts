import { isProblem, type Problem } from '../browser/problem.js';
import type { ApiKeys } from './api-keys.js';
import { PageError } from './page-error.js';

/**
 * Requests to the service beside which this page lies. Addresses are relative to `base`, so the page also works behind
 * a prefix. A request that lacks the service's key waits until the visitor has given it.
 */
export class Connection {
  readonly #base: URL;
  readonly #keys: ApiKeys;
  readonly #onPresence: (isThere: boolean) => void;

  /** @param onPresence called after each request with whether the service was there to answer it */
  constructor(base: URL, keys: ApiKeys, onPresence: (isThere: boolean) => void) {
    this.#base = base;
    this.#keys = keys;
    this.#onPresence = onPresence;
  }

  url(path: string, query: Readonly<Record<string, string>> = {}): URL {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  /** Headers with which the service lets the visitor in. */
  get headers(): Readonly<Record<string, string>> {
    const key = this.#keys.current;
    return key === undefined ? {} : { 'x-api-key': key };
  }

  /**
   * The answer with its body unread.
   *
   * @param init its body can be sent again: no stream
   * @throws PageError with the service's own report, or SERVICE_UNREACHABLE, SERVICE_ANSWER_UNREADABLE; the signal's reason
   */
  async open(url: URL, init: RequestInit & { body?: string | FormData } = {}): Promise<Response> {
    for (;;) {
      const key = this.#keys.current;
      const response = await this.#send(url, { ...init, headers: { ...init.headers, ...this.headers } });
      if (response.ok) return response;
      const problem = await problemOf(response);
      if (problem.code !== 'API_KEY_MISSING' && problem.code !== 'API_KEY_REFUSED')
        throw new PageError(problem);
      await this.#keys.ask(problem, key);
    }
  }

  /** As `open`; the body read as JSON. */
  async json(url: URL, init?: Parameters<Connection['open']>[1]): Promise<unknown> {
    const response = await this.open(url, init);
    try {
      return await response.json();
    } catch {
      throw new PageError(unreadable(response));
    }
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    try {
      const response = await fetch(url, init);
      if (isOfGateway(response)) throw new Error(`a gateway answers with status ${response.status}`);
      this.#onPresence(true);
      return response;
    } catch (error) {
      if (init.signal?.aborted) throw error;
      this.#onPresence(false);
      throw new PageError({
        code: 'SERVICE_UNREACHABLE',
        message: 'The service cannot be reached from here.',
      });
    }
  }
}

/** What a proxy says where there is no service behind it; the service's own reports are JSON. */
const isOfGateway = ({ status, headers }: Response): boolean =>
  [502, 503, 504].includes(status) && !/json/.test(headers.get('content-type') ?? '');

/** What the service says of its refusal; a picture that is refused alone has the report in its result. */
async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  return isProblem(body) ? body : unreadable(response);
}

export const unreadable = ({ status }: { readonly status: number }): Problem => ({
  code: 'SERVICE_ANSWER_UNREADABLE',
  message: 'The service gave an answer that this page does not understand.',
  expected: 'the JSON that /docs describes',
  received: `status ${status}`,
});
