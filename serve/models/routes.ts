import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { type ErrorCode, KilnError } from '../../errors/errors.js';
import { classifierMetadata } from '../../runtime/metadata.js';
import { isHeld } from '../if-none-match.js';
import { errorReport, refusals } from '../schemas.js';
import type { Service } from '../service.js';
import type { ServedFile } from './live-model.js';
import type { ModelRepository } from './repository.js';

/** Why a file may be refused. */
const loadRefusals = [
  'MODEL_INVALID',
  'MODEL_NOT_KILN',
  'MODEL_NOT_FOUND',
  'DEVICE_UNAVAILABLE',
  'WORKER_FAILED',
  'SHUTTING_DOWN',
  'INTERNAL',
] as const satisfies readonly ErrorCode[];

const { evaluation, ...others } = classifierMetadata.properties;

const name = Type.String({ description: 'The name by which it is served.' });
const version = Type.String({ pattern: '^[1-9]\\d{0,14}$' });

/** Which model a request is for; the service's default, and its highest version, where it does not say. */
export const modelChoice = { model: Type.Optional(name), version: Type.Optional(version) };

export const modelCard = Type.Object({
  name,
  version,
  loadedAt: Type.String({ format: 'date-time' }),
  digest: Type.String({ description: 'sha256 of the ONNX file.' }),
  bytes: Type.Integer({ description: 'Size of the ONNX file.' }),
  metadata: Type.Object({
    ...others,
    evaluation: Type.Union([
      Type.Null(),
      Type.Object({
        ...evaluation.anyOf[1].properties,
        // Written as a list of two: a tuple is no part of OpenAPI.
        interval: Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }),
      }),
    ]),
  }),
  runtime: Type.Object({
    provider: Type.String({ description: 'The execution provider that runs the model.' }),
    failed: Type.Array(
      Type.Object(
        { provider: Type.String(), reason: Type.String() },
        { description: 'What was tried before it.' },
      ),
    ),
    workers: Type.Integer(),
    threadsPerWorker: Type.Integer(),
    replacedWorkers: Type.Integer(),
  }),
  batching: Type.Object({
    maxBatch: Type.Integer(),
    maxDelayMs: Type.Number(),
    queueRows: Type.Integer(),
    deadlineMs: Type.Number(),
  }),
  limits: Type.Object({
    fileBytes: Type.Integer(),
    files: Type.Integer(),
    requestBytes: Type.Integer(),
    totalBytes: Type.Integer(),
    maxPixels: Type.Integer(),
    archiveBytes: Type.Integer(),
    receiveMs: Type.Integer(),
    decodeMs: Type.Integer(),
  }),
});

export const modelList = Type.Object({
  default: Type.Union([Type.Null(), name], { description: 'The model of requests that name none.' }),
  models: Type.Array(
    Type.Object({
      name,
      version,
      /** `refused` beside a digest: an older file goes on answering. */
      state: Type.Enum(['ready', 'refused']),
      digest: Type.Union([Type.Null(), Type.String()], { description: 'sha256 of the file that answers.' }),
      provider: Type.Union([Type.Null(), Type.String()]),
      loadedAt: Type.Union([Type.Null(), Type.String({ format: 'date-time' })]),
      problem: Type.Union([Type.Null(), errorReport(loadRefusals)], {
        description: 'Why the newest file was refused.',
      }),
    }),
  ),
});

const tags = ['model'];

/** `GET /models`: what is served. `GET /model`: how one came to be and how it runs. `GET /model/file`: the ONNX file. */
export const models: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { pool, limits } = service;
  const choice = Type.Object(modelChoice, { additionalProperties: false });

  app.get(
    '/models',
    {
      schema: {
        tags,
        summary: 'Every version of every model',
        response: { 200: modelList, ...refusals([]) },
      },
    },
    async () => ({
      default: service.models.defaultModel ?? null,
      models: service.models.list().map(({ name, version, live, problem }) => ({
        name,
        version,
        state: problem === undefined ? ('ready' as const) : ('refused' as const),
        digest: live?.digest ?? null,
        provider: live?.provider ?? null,
        loadedAt: live?.loadedAt.toISOString() ?? null,
        problem: problem ?? null,
      })),
    }),
  );

  app.get(
    '/model',
    {
      schema: {
        tags,
        summary: 'The model card',
        querystring: choice,
        response: { 200: modelCard, ...refusals(['MODEL_NOT_SERVED', 'NOT_READY']) },
      },
    },
    async (request) => {
      const model = service.models.find(request.query.model, request.query.version);
      return {
        name: model.name,
        version: model.version,
        loadedAt: model.loadedAt.toISOString(),
        digest: model.digest,
        bytes: model.bytes.length,
        metadata: model.metadata,
        runtime: {
          provider: model.provider,
          failed: [...model.failed],
          workers: pool.workers,
          threadsPerWorker: pool.threadsPerWorker,
          replacedWorkers: pool.replaced,
        },
        batching: model.batcher.settings,
        limits,
      };
    },
  );

  app.get(
    '/model/file',
    {
      schema: {
        tags,
        summary: 'The ONNX file',
        description:
          'With its digest in the query the answer never changes and may be kept for ever; without, it is to be revalidated by its ETag.',
        querystring: Type.Object(
          {
            ...modelChoice,
            digest: Type.Optional(Type.String({ description: 'sha256 that the file must have.' })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: {
            description: 'The file.',
            content: { 'application/octet-stream': { schema: Type.Unsafe<Buffer>({ format: 'binary' }) } },
          },
          304: Type.Null({ description: 'The client has it already.' }),
          ...refusals(['MODEL_NOT_SERVED', 'NOT_READY']),
        },
      },
    },
    async (request, reply) => {
      const { model: name, version, digest: asked } = request.query;
      const { bytes, digest } = fileOf(service.models, name, version, asked);
      const etag = `"${digest}"`;
      const lasting = asked === undefined ? 'no-cache' : 'public, max-age=31536000, immutable';
      void reply.header('etag', etag).header('cache-control', lasting);
      if (isHeld(request.headers['if-none-match'], etag)) return reply.code(304).send(null);
      const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return reply.type('application/octet-stream').send(file);
    },
  );
};

/** A digest names a file by itself: of no other model, and of one that no request names. */
function fileOf(
  models: ModelRepository,
  name: string | undefined,
  version: string | undefined,
  digest: string | undefined,
): ServedFile {
  const alone = digest !== undefined && name === undefined;
  const model = (alone && models.live.find((live) => live.digest === digest)) || models.find(name, version);
  if (digest === undefined || digest === model.digest) return model;
  throw new KilnError('MODEL_NOT_SERVED', { expected: `digest ${model.digest}`, received: digest });
}
