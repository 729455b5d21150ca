import type { ServiceError } from './service-error.js';

/** Why an attempt brought no answer. */
export type Failure =
  /** The service said no. */
  | { readonly kind: 'refused'; readonly error: ServiceError; readonly retryAfterMs: number | undefined }
  /** There was no connection: nothing was sent. */
  | { readonly kind: 'unconnected'; readonly error: ServiceError }
  /** The connection was lost: whether the request arrived is not known. */
  | { readonly kind: 'lost'; readonly error: ServiceError };

/** Which failures of a request may be followed by the same request. */
export type Replay =
  /** It changes nothing: all that pass. */
  | 'harmless'
  /** Only those after which it certainly was not carried out. */
  | 'unless-accepted'
  /** Its body is a stream, which can be read once. */
  | 'never';

/** Refusals before anything was done, of a service that may accept the same a little later. */
const passing: ReadonlySet<string> = new Set(['QUEUE_FULL', 'NOT_READY', 'SHUTTING_DOWN', 'RATE_LIMITED']);

/** The statuses that say so, of a proxy too. */
const passingStatuses: ReadonlySet<number | undefined> = new Set([429, 502, 503, 504]);

export function mayRetry(replay: Replay, { kind, error }: Failure): boolean {
  if (replay === 'never') return false;
  if (kind === 'unconnected') return true;
  if (kind === 'refused' && passing.has(error.code)) return true;
  return replay === 'harmless' && (kind === 'lost' || passingStatuses.has(error.status));
}

const firstWaitMs = 250;
const longestWaitMs = 8000;

/**
 * How long to wait before the next attempt: "full jitter" (Brooker, Exponential Backoff and Jitter, AWS 2015), after
 * what the service asks for, so that those whom it turned away do not all come back at once.
 *
 * @param attempts made so far, at least 1
 * @param random in [0, 1)
 */
export function waitMs(attempts: number, retryAfterMs: number | undefined, random: () => number): number {
  const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempts - 1));
  return (retryAfterMs ?? 0) + random() * most;
}

/** The time that a Retry-After header asks for: seconds, or a date (RFC 9110, 10.2.3); undefined for anything else. */
export function parseRetryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What Node's fetch gives as the cause where it got no connection; a browser does not tell. */
const unconnected: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether a fetch failed before it had sent anything. */
export function nothingWasSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && unconnected.has(cause.code);
}
