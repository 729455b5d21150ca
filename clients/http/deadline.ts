import { ServiceError } from './service-error.js';

/** The longest time of a timer; what is longer has no end. */
const longestMs = 2 ** 31 - 1;

/** Ends a call when the caller's signal aborts or its time is over. To be disposed of by `release`. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #endsAt: number;

  /** @param ms Infinity for none */
  constructor(caller: AbortSignal | undefined, ms: number) {
    this.#caller = caller;
    this.#endsAt = performance.now() + ms;
    if (ms <= longestMs) this.#timer = setTimeout(() => this.#controller.abort(timeout(ms)), ms);
    if (caller?.aborted) this.#follow();
    else caller?.addEventListener('abort', this.#follow);
  }

  /** Its reason is the caller's, or a ServiceError SERVICE_TIMEOUT. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get leftMs(): number {
    return this.#endsAt - performance.now();
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#follow);
  }

  readonly #follow = (): void => this.#controller.abort(this.#caller?.reason);
}

function timeout(ms: number): ServiceError {
  return new ServiceError('SERVICE_TIMEOUT', {
    message: 'The service took longer than this call may take.',
    expected: `an answer within ${ms} ms`,
    received: 'none until then',
  });
}

/** Waits, and rejects with the signal's reason when it aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      signal.removeEventListener('abort', aborted);
      resolve();
    }
    function aborted(): void {
      clearTimeout(timer);
      reject(signal.reason);
    }
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}
