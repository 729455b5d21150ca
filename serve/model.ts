import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { KilnError } from '../errors/errors.js';
import { classifierMetadata } from '../runtime/metadata.js';
import { refusals } from './schemas.js';
import type { Service } from './service.js';

const { evaluation, ...others } = classifierMetadata.properties;

export const modelCard = Type.Object({
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
  }),
});

/** `GET /model`: what is served, how it came to be and how it runs. `GET /model/file`: the ONNX file itself. */
export const model: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { pool, batcher, limits } = service;
  const { bytes, digest, metadata } = service.model;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const etag = `"${digest}"`;

  app.get(
    '/model',
    { schema: { tags: ['model'], summary: 'The model card', response: { 200: modelCard, ...refusals([]) } } },
    async () => ({
      digest,
      bytes: bytes.length,
      metadata,
      runtime: {
        provider: pool.provider,
        failed: [...pool.failed],
        workers: pool.workers,
        threadsPerWorker: pool.threadsPerWorker,
        replacedWorkers: pool.replaced,
      },
      batching: batcher.settings,
      limits,
    }),
  );

  app.get(
    '/model/file',
    {
      schema: {
        tags: ['model'],
        summary: 'The ONNX file',
        description:
          'With its digest in the query the answer never changes and may be kept for ever; without, it is to be revalidated by its ETag.',
        querystring: Type.Object(
          { digest: Type.Optional(Type.String({ description: 'sha256 that the file must have.' })) },
          { additionalProperties: false },
        ),
        response: {
          200: {
            description: 'The file.',
            content: { 'application/octet-stream': { schema: Type.Unsafe<Buffer>({ format: 'binary' }) } },
          },
          304: Type.Null({ description: 'The client has it already.' }),
          ...refusals(['MODEL_NOT_SERVED']),
        },
      },
    },
    async (request, reply) => {
      const asked = request.query.digest;
      if (asked !== undefined && asked !== digest) {
        throw new KilnError('MODEL_NOT_SERVED', { expected: `digest ${digest}`, received: asked });
      }
      const lasting = asked === undefined ? 'no-cache' : 'public, max-age=31536000, immutable';
      void reply.header('etag', etag).header('cache-control', lasting);
      if (holds(request.headers['if-none-match'], etag)) return reply.code(304).send(null);
      return reply.type('application/octet-stream').send(file);
    },
  );
};

function holds(ifNoneMatch: string | undefined, etag: string): boolean {
  const held = ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return held?.some((one) => one === etag || one === '*') === true;
}
