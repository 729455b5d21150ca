import { Deadline, sleep } from './deadline.js';
import { type Failure, mayRetry, nothingWasSent, parseRetryAfter, type Replay, waitMs } from './retry.js';
import { refusalOf, ServiceError, unreachable, unreadable } from './service-error.js';

export interface ConnectionOptions {
  /** Sent as `Authorization: Bearer KEY`. */
  readonly apiKey?: string | undefined;
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** For a whole call, retries included, in ms; default 60,000. Calls that move large files have no such default. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is made again where that is safe; default 3. */
  readonly retries?: number | undefined;
  /** For tests: waits for so many ms. */
  readonly sleep?: typeof sleep | undefined;
  /** For tests: in [0, 1). */
  readonly random?: (() => number) | undefined;
}

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** In place of the client's; Infinity for none. */
  readonly timeoutMs?: number | undefined;
}

/** Of what there is in every platform; the DOM's own type is not in Node's types. */
type Body = string | Blob | FormData | ReadableStream<Uint8Array>;

export interface Call<Answer> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without a slash before it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly type?: string | undefined;
  /** A function makes it once, within the call's deadline. */
  readonly body?: Body | ((signal: AbortSignal) => Promise<Body>) | undefined;
  readonly replay: Replay;
  /** Gives the answer of a status that is no refusal; what it throws, but a ServiceError, is a lost connection. */
  readonly read: (response: Response) => Promise<Answer>;
  /** The answer that the JSON of a refusal is all the same; undefined where it is none. */
  readonly answerIn?: (body: unknown) => Answer | undefined;
}

type Outcome<Answer> = { readonly kind: 'answered'; readonly answer: Answer } | Failure;

/** Calls one service, again where that is safe. */
export class Connection {
  readonly retries: number;
  readonly #base: URL;
  readonly #fetch: typeof globalThis.fetch;
  readonly #headers: Headers;
  readonly #timeoutMs: number;
  readonly #sleep: typeof sleep;
  readonly #random: () => number;

  /** @throws TypeError for an address that is no URL, or a key that no header can hold */
  constructor(address: string | URL, options: ConnectionOptions) {
    this.#base = new URL(address);
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
    this.retries = options.retries ?? 3;
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#headers = new Headers();
    if (options.apiKey !== undefined) this.#headers.set('authorization', `Bearer ${options.apiKey}`);
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#sleep = options.sleep ?? sleep;
    this.#random = options.random ?? Math.random;
  }

  /** @throws ServiceError; the signal's reason */
  async call<Answer>(
    call: Call<Answer>,
    { signal, timeoutMs = this.#timeoutMs }: CallOptions,
  ): Promise<Answer> {
    const deadline = new Deadline(signal, timeoutMs);
    try {
      const body = typeof call.body === 'function' ? await call.body(deadline.signal) : call.body;
      for (let attempts = 1; ; attempts += 1) {
        const outcome = await this.#attempt(call, body, deadline.signal);
        if (outcome.kind === 'answered') return outcome.answer;
        if (attempts > this.retries || !mayRetry(call.replay, outcome)) throw outcome.error;
        const retryAfterMs = outcome.kind === 'refused' ? outcome.retryAfterMs : undefined;
        const ms = waitMs(attempts, retryAfterMs, this.#random);
        if (ms >= deadline.leftMs) throw outcome.error; // the refusal says more than a timeout would
        await this.#sleep(ms, deadline.signal);
      }
    } finally {
      deadline.release();
    }
  }

  /** Waits as before another attempt, after `attempts` of them. @throws the signal's reason */
  async pause(attempts: number, signal: AbortSignal = new AbortController().signal): Promise<void> {
    await this.#sleep(waitMs(attempts, undefined, this.#random), signal);
  }

  /** Why the stream of an answer broke off. */
  lost(path: string, cause: unknown): ServiceError {
    return unreachable(new URL(path, this.#base), cause);
  }

  /** @throws the signal's reason */
  async #attempt<Answer>(
    call: Call<Answer>,
    body: Body | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<Answer>> {
    signal.throwIfAborted();
    const url = this.#url(call);
    const fetch = this.#fetch; // a browser's own refuses to be the method of anything
    let connected = false;
    try {
      const response = await fetch(url, this.#init(call, body, signal));
      connected = true;
      if (response.ok) return { kind: 'answered', answer: await call.read(response) };
      return await refused(response, call.answerIn);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ServiceError) throw cause;
      const kind = !connected && nothingWasSent(cause) ? 'unconnected' : 'lost';
      return { kind, error: unreachable(url, cause) };
    }
  }

  #url({ path, query = {} }: Call<unknown>): URL {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  #init({ method, type }: Call<unknown>, body: Body | undefined, signal: AbortSignal): RequestInit {
    const headers = new Headers(this.#headers);
    if (type !== undefined) headers.set('content-type', type);
    // `duplex`: without it a stream is refused; the types of the DOM do not know it.
    const stream = body instanceof ReadableStream ? { duplex: 'half' } : {};
    return { method, signal, headers, ...(body !== undefined && { body }), ...stream };
  }
}

/** @throws ServiceError SERVICE_ANSWER_UNREADABLE */
export async function readJson<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return JSON.parse(text); // of the type that the service describes: test/clients/http/api.test.ts
  } catch (cause) {
    throw unreadable(response, `no JSON but ${JSON.stringify(text.slice(0, 80))}`, cause);
  }
}

async function refused<Answer>(
  response: Response,
  answerIn: (body: unknown) => Answer | undefined = () => undefined,
): Promise<Outcome<Answer>> {
  const body = parsed(await response.text());
  const answer = answerIn(body);
  if (answer !== undefined) return { kind: 'answered', answer };
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
  return { kind: 'refused', error: refusalOf(response, body), retryAfterMs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
