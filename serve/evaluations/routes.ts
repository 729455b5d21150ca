import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { splitNames } from '../../data/dataset.js';
import { KilnError } from '../../errors/errors.js';
import { refusals } from '../schemas.js';
import type { Service } from '../service.js';
import { compare, comparison } from './comparison.js';
import { classesCsv, evaluationsCsv } from './csv.js';
import { withoutResult } from './evaluation-pictures.js';
import {
  archiveOrder,
  archiveTypes,
  type DatasetOrder,
  datasetOrder,
  orderOfDataset,
  receiveArchive,
} from './order.js';
import { type EvaluationView, evaluationStatuses, evaluationSummary, evaluationView } from './views.js';

const tags = ['evaluations'];
const byId = Type.Object({ id: Type.String() });

/** Form fields beside the archive. */
const fields = 8;
const fieldBytes = 1024;

/** Evaluations of one list, and of one table. */
const most = { list: 500, csv: 10_000 };

/** @param standard how many are listed where `limit` is not given */
function filter(standard: number, maximum: number) {
  return Type.Object(
    {
      model: Type.Optional(Type.String()),
      version: Type.Optional(Type.String()),
      dataset: Type.Optional(Type.String()),
      split: Type.Optional(Type.Enum([...splitNames])),
      status: Type.Optional(Type.Enum([...evaluationStatuses])),
      before: Type.Optional(
        Type.String({ description: 'Only those that began before the one with this id.' }),
      ),
      limit: Type.Integer({ minimum: 1, maximum, default: standard }),
    },
    { additionalProperties: false },
  );
}

const file = { type: 'string', format: 'binary' } as const;
const csvAnswer = {
  description: 'The table, RFC 4180.',
  content: { 'text/csv': { schema: Type.Unsafe<string>({ type: 'string' }) } },
};

/** `/evaluations`: labelled pictures through the same workers, while no request waits. */
export const evaluations: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { runner, access } = service.evaluations;
  const { uploadBytes } = access.limits;
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser([...archiveTypes], (_request, stream, done) => done(null, stream));
  await app.register(multipart, {
    throwFileSizeLimit: false, // spool.ts refuses what is too large
    limits: { fileSize: uploadBytes + 1, files: 1, fields, fieldSize: fieldBytes, parts: 1 + fields },
  });

  app.post(
    '/evaluations',
    {
      schema: {
        tags,
        summary: 'Start an evaluation',
        description:
          'Of a registered dataset’s split, described by JSON; data that is not on the machine is not fetched. Or of ' +
          'an uploaded archive, as the body or as the file of a form: zip or tar(.gz) with a folder a label, or ' +
          'CIFAR-10 or CIFAR-100 records.',
        // The archives without `type`: they are described, not validated.
        body: {
          content: {
            'application/json': { schema: datasetOrder },
            'multipart/form-data': {
              schema: { properties: { ...archiveOrder.properties, archive: file } },
            },
            ...Object.fromEntries(archiveTypes.map((type) => [type, { schema: { format: 'binary' } }])),
          },
        },
        querystring: archiveOrder,
        response: {
          202: evaluationView,
          ...refusals([
            'MODEL_NOT_SERVED',
            'NOT_READY',
            'DATASET_UNKNOWN',
            'DATASET_NOT_FOUND',
            'DATASET_MISMATCH',
            'DATASET_CORRUPT',
            'ARCHIVE_INVALID',
            'ORIGIN_REFUSED',
            'UNSUPPORTED_MEDIA_TYPE',
            'REQUEST_TOO_LARGE',
            'QUEUE_FULL',
          ]),
        },
      },
    },
    async (request, reply) => {
      const { body, query } = request;
      const fromArchive = request.isMultipart() || body instanceof Readable;
      const view = await runner.start(
        async (signal) =>
          fromArchive
            ? receiveArchive(request, query, access, signal)
            : orderOfDataset(body as DatasetOrder, access), // validated: it is JSON
      );
      void reply.header('location', `${request.originalUrl.split('?', 1)[0]}/${view.id}`);
      return reply.code(202).send(view);
    },
  );

  app.get(
    '/evaluations',
    {
      schema: {
        tags,
        summary: 'The evaluations, the newest first',
        querystring: filter(50, most.list),
        response: { 200: Type.Array(evaluationSummary), ...refusals(['EVALUATION_NOT_FOUND']) },
      },
    },
    async (request) => runner.list(request.query),
  );

  app.get(
    '/evaluations.csv',
    {
      schema: {
        tags,
        summary: 'The same list as a table',
        querystring: filter(most.csv, most.csv),
        response: { 200: csvAnswer, ...refusals(['EVALUATION_NOT_FOUND']) },
      },
    },
    async (request, reply) => {
      const table = evaluationsCsv(runner.list(request.query));
      return reply.type('text/csv; charset=utf-8; header=present').send(table);
    },
  );

  app.get(
    '/evaluations/compare',
    {
      schema: {
        tags,
        summary: 'Compare evaluations on the same data',
        querystring: Type.Object(
          {
            ids: Type.String({ description: 'Two to eight ids with commas between; the first is the base.' }),
          },
          { additionalProperties: false },
        ),
        response: { 200: comparison, ...refusals(['EVALUATION_NOT_FOUND', 'EVALUATION_MISMATCH']) },
      },
    },
    async (request) => compare(runner.records, parseIds(request.query.ids)),
  );

  app.get(
    '/evaluations/:id.csv',
    {
      schema: {
        tags,
        summary: 'The classes of one as a table',
        params: byId,
        response: { 200: csvAnswer, ...refusals(['EVALUATION_NOT_FOUND', 'EVALUATION_MISMATCH']) },
      },
    },
    async (request, reply) => {
      const view = runner.get(request.params.id);
      if (view.status !== 'done') throw withoutResult(view.status);
      return reply.type('text/csv; charset=utf-8; header=present').send(classesCsv(view.result));
    },
  );

  app.get(
    '/evaluations/:id',
    {
      schema: {
        tags,
        summary: 'Progress, then the result',
        params: byId,
        response: { 200: evaluationView, ...refusals(['EVALUATION_NOT_FOUND']) },
      },
    },
    async (request) => runner.get(request.params.id),
  );

  app.get(
    '/evaluations/:id/events',
    {
      schema: {
        tags,
        summary: 'Progress and result as server-sent events',
        description:
          'Events `progress`, then one `end`; the data of each is what GET /evaluations/{id} answers.',
        params: byId,
        response: {
          200: {
            description: 'The events.',
            content: { 'text/event-stream': { schema: Type.Unsafe<Readable>({ type: 'string' }) } },
          },
          ...refusals(['EVALUATION_NOT_FOUND']),
        },
      },
    },
    async (request, reply) => {
      const events = Readable.from(eventsOf(runner.follow(request.params.id)));
      return reply.type('text/event-stream').header('cache-control', 'no-store').send(events);
    },
  );

  app.delete(
    '/evaluations/:id',
    {
      schema: {
        tags,
        summary: 'Cancel',
        description: 'What has ended already stays as it is.',
        params: byId,
        response: { 200: evaluationView, ...refusals(['EVALUATION_NOT_FOUND', 'ORIGIN_REFUSED']) },
      },
    },
    async (request) => runner.cancel(request.params.id),
  );
};

function parseIds(text: string): string[] {
  const ids = text.split(',').filter((id) => id !== '');
  if (ids.length >= 2 && ids.length <= 8) return ids;
  throw new KilnError('REQUEST_INVALID', {
    expected: 'two to eight ids with commas between',
    received: `${ids.length}`,
  });
}

async function* eventsOf(views: AsyncIterable<EvaluationView>): AsyncGenerator<string> {
  for await (const view of views) {
    const name = view.status === 'running' ? 'progress' : 'end';
    yield `event: ${name}\ndata: ${JSON.stringify(view)}\n\n`;
  }
}
