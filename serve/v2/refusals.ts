import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { type ErrorCode, KilnError } from '../../errors/errors.js';
import { asKilnError, logFailure } from '../errors.js';
import { refusals } from '../schemas.js';

/** Response schemas of a route's refusals, one a status: the protocol's error object. */
export function protocolRefusals(codes: readonly ErrorCode[]): Record<string, TSchema> {
  const error = Type.String({ description: 'What went wrong, what was expected and what was received.' });
  return Object.fromEntries(
    Object.entries(refusals(codes)).map(([status, { description }]: [string, TSchema & Described]) => [
      status,
      Type.Object({ error }, { ...(description !== undefined && { description }) }),
    ]),
  );
}

interface Described {
  readonly description?: string;
}

/** What a client should wait before it tries again, in seconds; absent where waiting does not help. */
const retryAfter: Partial<Record<ErrorCode, string>> = {
  NOT_READY: '1',
  QUEUE_FULL: '1',
  SHUTTING_DOWN: '1',
};

/** Every refusal in `app`, unknown addresses included, has the table's status and the protocol's error object. */
export function refuseInProtocol(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const refusal = asKilnError(error, request);
    logFailure(request, refusal);
    return refuseByProtocol(reply, refusal);
  });
  app.setNotFoundHandler((request, reply) =>
    refuseByProtocol(
      reply,
      new KilnError('ROUTE_NOT_FOUND', {
        expected: 'an address of the Open Inference Protocol',
        received: `${request.method} ${request.url}`,
      }),
    ),
  );
}

/**
 * Answers METHOD_NOT_ALLOWED for every method that a route of `app` does not have; to be called before the routes.
 *
 * @returns to be called after them
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const routes = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ routePath, method }) => {
    const path = routePath || '/'; // under a prefix `/` is announced as the empty path, and stands for both
    const allowed = routes.get(path) ?? new Set();
    for (const one of [method].flat()) allowed.add(one);
    if (allowed.has('GET')) allowed.add('HEAD'); // which Fastify adds by itself
    routes.set(path, allowed);
  });
  return () => {
    for (const [path, methods] of [...routes]) {
      const allowed = [...methods];
      app.route({
        method: app.supportedMethods.filter((method) => !allowed.includes(method)),
        url: path,
        schema: { hide: true },
        onRequest: (request, reply, done) => {
          void reply.header('allow', allowed.join(', '));
          done(methodNotAllowed(request, allowed));
        },
        handler: unreachable,
      });
    }
  };
}

function methodNotAllowed({ method, url }: FastifyRequest, allowed: readonly string[]): KilnError {
  return new KilnError('METHOD_NOT_ALLOWED', {
    expected: allowed.join(' or '),
    received: `${method} ${url}`,
  });
}

async function unreachable(): Promise<never> {
  throw new Error('the hook refuses every request of this route');
}

/** Answers with the error's status and the protocol's error object. */
export function refuseByProtocol(reply: FastifyReply, error: KilnError): FastifyReply {
  const { code, message, expected, received, status } = error;
  const wait = retryAfter[code];
  void reply.header('x-request-id', reply.request.id); // names the lines of the log
  if (wait !== undefined) void reply.header('retry-after', wait);
  return reply.code(status).send({ error: `${message} Expected ${expected}; received ${received}.` });
}
