import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { type ErrorCode, type ErrorReport, errorTable, KilnError } from '../errors/errors.js';

/** What a client should wait before it tries again, in seconds. */
const retryAfter = '1';

/** Refusals of Fastify and its plugins that have a code of ours. */
const known: Readonly<Record<string, { code: ErrorCode; expected: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'REQUEST_TOO_LARGE', expected: 'a body within the limit' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    expected: 'a content type of this route',
  },
  FST_FILES_LIMIT: { code: 'REQUEST_TOO_LARGE', expected: 'fewer files' },
  FST_FIELDS_LIMIT: { code: 'REQUEST_TOO_LARGE', expected: 'fewer fields' },
  FST_PARTS_LIMIT: { code: 'REQUEST_TOO_LARGE', expected: 'fewer parts' },
};

/**
 * One form for every refusal: the table's status and `{ code, message, expected, received }`. What is not
 * of the table is logged and answered as INTERNAL, without particulars.
 */
export const errors = plugin(async (app: FastifyInstance) => {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = asKilnError(error, request);
    logFailure(request, refusal);
    return refuse(reply, refusal);
  });
  app.setNotFoundHandler((request, reply) =>
    refuse(
      reply,
      new KilnError('ROUTE_NOT_FOUND', {
        expected: 'a route that /docs lists',
        received: `${request.method} ${request.url}`,
      }),
    ),
  );
});

/** Logs what is the service's own fault; a full queue is not. */
export function logFailure(request: FastifyRequest, error: KilnError): void {
  if (error.status === 500) request.log.error(error);
}

/** Answers with the error's status and report, `more` beside it. */
export function refuse(reply: FastifyReply, error: KilnError, more: object = {}): FastifyReply {
  void reply.header('x-request-id', reply.request.id); // names the lines of the log
  if (error.status === 503) void reply.header('retry-after', retryAfter);
  return reply.code(error.status).send({ ...error.toJSON(), ...more });
}

/** The report of an error that may be anything; only KilnErrors tell a client more than INTERNAL. */
export function asKilnError(error: unknown, request?: FastifyRequest): KilnError {
  if (error instanceof KilnError) return error;
  if (isFastifyError(error)) {
    const received = `${error.message}${request === undefined ? '' : ` (${describe(request)})`}`;
    const match = known[error.code];
    if (match !== undefined)
      return new KilnError(match.code, { expected: match.expected, received, cause: error });
    if (error.validation !== undefined) return invalidPart(error, request);
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return new KilnError('REQUEST_INVALID', { expected: 'a well-formed request', received, cause: error });
    }
  }
  return new KilnError('INTERNAL', {
    expected: 'an answer',
    received: 'an unexpected failure, which the service has logged',
    cause: error,
  });
}

/** Requests that are no HTTP, or did not arrive in time, before there is a route to refuse them. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { code, expected } = connectionRefusals[error.code ?? ''] ?? malformed;
  const { status, title } = errorTable[code];
  const report: ErrorReport = { code, message: title, expected, received: error.message };
  const body = JSON.stringify(report);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const malformed = { code: 'REQUEST_INVALID', expected: 'an HTTP/1.1 request' } as const;
const connectionRefusals: Readonly<Record<string, { code: ErrorCode; expected: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'REQUEST_TIMEOUT', expected: 'a whole request within the time limit' },
  HPE_HEADER_OVERFLOW: { code: 'REQUEST_TOO_LARGE', expected: 'headers within 16 KiB' },
};

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** What the schema asked of which part, and what stood there. */
function invalidPart(error: FastifyError, request: FastifyRequest | undefined): KilnError {
  const [first] = error.validation ?? [];
  const context = error.validationContext ?? 'body';
  const path = first?.instancePath ?? '';
  const part = {
    body: request?.body,
    querystring: request?.query,
    params: request?.params,
    headers: undefined,
  };
  const value = first?.params.additionalProperty ?? valueAt(part[context], path);
  return new KilnError('REQUEST_INVALID', {
    expected: `${context}${path} ${first?.message ?? 'that fits'}`,
    received: JSON.stringify(value)?.slice(0, longestExcerpt) ?? 'nothing',
  });
}

const longestExcerpt = 200;

/** The value under a JSON pointer without escapes, as our schemas' names need none. */
function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const key of pointer.split('/').slice(1)) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  return value;
}

function describe(request: FastifyRequest): string {
  const { 'content-type': type, 'content-length': length } = request.headers;
  return `content-type ${type ?? 'not given'}, ${length ?? 'unknown'} bytes`;
}
