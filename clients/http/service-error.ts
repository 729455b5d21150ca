import type { ErrorCode } from './api.js';

/** What a call may come to that the service itself does not say. */
export type ConnectionErrorCode =
  /** Nothing answered, or the connection was lost before the answer was whole. */
  | 'SERVICE_UNREACHABLE'
  /** `timeoutMs` passed. */
  | 'SERVICE_TIMEOUT'
  /** Something answered that is no kiln service, or one whose answers this client does not know. */
  | 'SERVICE_ANSWER_UNREADABLE';

interface ErrorDetails {
  readonly message: string;
  readonly expected: string;
  readonly received: string;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** A refusal of the service, in its own words; or why there is no answer of it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode | ConnectionErrorCode;
  readonly expected: string;
  readonly received: string;
  /** HTTP status; undefined where nothing answered. */
  readonly status: number | undefined;
  /** Names the request in the service's log. */
  readonly requestId: string | undefined;

  constructor(code: ErrorCode | ConnectionErrorCode, details: ErrorDetails) {
    super(details.message, { cause: details.cause });
    this.code = code;
    this.expected = details.expected;
    this.received = details.received;
    this.status = details.status;
    this.requestId = details.requestId;
  }
}

/** @param body the JSON of an answer, undefined where it is none */
export function refusalOf(response: Response, body: unknown): ServiceError {
  const { status } = response;
  const requestId = response.headers.get('x-request-id') ?? undefined;
  if (isReport(body)) return new ServiceError(body.code, { ...body, status, requestId });
  return unreadable(response, `status ${status} ${response.statusText}`.trim());
}

/** @param received what came in place of an answer */
export function unreadable(response: Response, received: string, cause?: unknown): ServiceError {
  return new ServiceError('SERVICE_ANSWER_UNREADABLE', {
    message: 'What answered does not answer as the service does.',
    expected: `an answer of a kiln service at ${response.url}`,
    received,
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? undefined,
    cause,
  });
}

export function unreachable(url: URL, cause: unknown): ServiceError {
  return new ServiceError('SERVICE_UNREACHABLE', {
    message: 'The service cannot be reached.',
    expected: `a kiln service at ${url.origin}`,
    received: describe(cause),
    cause,
  });
}

/** Node's fetch says why only in the cause. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (!(cause.cause instanceof Error)) return cause.message;
  const { message } = cause.cause;
  return message !== '' ? message : 'code' in cause.cause ? String(cause.cause.code) : cause.message;
}

interface Report {
  readonly code: ErrorCode;
  readonly message: string;
  readonly expected: string;
  readonly received: string;
}

/** A code that a later service has, and this client has not, is handed on as it is. */
function isReport(body: unknown): body is Report {
  if (typeof body !== 'object' || body === null) return false;
  return ['code', 'message', 'expected', 'received'].every(
    (key) => typeof Reflect.get(body, key) === 'string',
  );
}
