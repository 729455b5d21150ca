import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import Type from 'typebox';

/** The scope in which the protocol's routes are registered. */
export type ProtocolApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export const tags = ['v2'];

const name = Type.String({ description: 'The name by which the model is served.' });

/** The two addresses of what concerns one model; without a version the highest answers. */
export const modelPaths = [
  { path: '/models/:name', params: Type.Object({ name, version: Type.Optional(Type.String()) }) },
  {
    path: '/models/:name/versions/:version',
    params: Type.Object({ name, version: Type.Optional(Type.String()) }),
  },
] as const;
