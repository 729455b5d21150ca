import { createHash } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { isHeld } from '../if-none-match.js';
import { refusals } from '../schemas.js';
import type { Service } from '../service.js';
import { pictureList, pictureOrders } from './picture-list.js';

const tags = ['evaluations'];
const mostListed = 500;

const query = Type.Object(
  {
    true: Type.Optional(Type.String({ description: 'Only pictures with this label.' })),
    predicted: Type.Optional(Type.String({ description: 'Only pictures that were taken for this label.' })),
    wrong: Type.Optional(Type.Boolean({ description: 'Only wrong answers, or only right ones.' })),
    order: Type.Enum([...pictureOrders], {
      default: 'confident',
      description: 'By the probability of the answer, falling or rising; or as the data has them.',
    }),
    limit: Type.Integer({ minimum: 1, maximum: mostListed, default: 24 }),
    offset: Type.Integer({ minimum: 0, default: 0, description: 'So many are passed over.' }),
  },
  { additionalProperties: false },
);

/** `/evaluations/:id/pictures`: what is behind the figures. */
export const evaluationPictures: FastifyPluginAsyncTypebox<{ service: Service }> = async (
  app,
  { service },
) => {
  const { pictures } = service.evaluations;

  app.get(
    '/evaluations/:id/pictures',
    {
      schema: {
        tags,
        summary: 'The pictures behind a cell, or the worst mistakes',
        params: Type.Object({ id: Type.String() }),
        querystring: query,
        response: { 200: pictureList, ...refusals(['EVALUATION_NOT_FOUND', 'EVALUATION_MISMATCH']) },
      },
    },
    async (request) => pictures.list(request.params.id, request.query),
  );

  app.get(
    '/evaluations/:id/pictures/:index',
    {
      schema: {
        tags,
        summary: 'One picture, as the network saw it',
        params: Type.Object({ id: Type.String(), index: Type.Integer({ minimum: 0 }) }),
        response: {
          200: {
            description: 'The picture. It never changes.',
            content: { 'image/png': { schema: Type.Unsafe<Buffer>({ format: 'binary' }) } },
          },
          304: Type.Null({ description: 'The client has it already.' }),
          ...refusals([
            'EVALUATION_NOT_FOUND',
            'EVALUATION_MISMATCH',
            'PICTURE_NOT_FOUND',
            'PICTURE_NOT_KEPT',
            'DATASET_NOT_FOUND',
            'DATASET_CHANGED',
            'DATASET_CORRUPT',
          ]),
        },
      },
    },
    async (request, reply) => {
      const png = await pictures.png(request.params.id, request.params.index);
      const etag = `"${createHash('sha256').update(png).digest('hex')}"`;
      void reply.header('etag', etag).header('cache-control', 'private, max-age=31536000, immutable');
      if (isHeld(request.headers['if-none-match'], etag)) return reply.code(304).send(null);
      return reply.type('image/png').send(Buffer.from(png.buffer, png.byteOffset, png.byteLength));
    },
  );
};
