import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { KilnError } from '../../errors/errors.js';
import { refusals } from '../schemas.js';
import type { Service } from '../service.js';
import { type ExportOrder, exportOrder, type RunView, runMetrics, runSummary, runView } from './views.js';

const tags = ['runs'];
const byName = Type.Object({ name: Type.String() });

/** What an answer holds at most. */
const mostRuns = 1000;
const mostRows = 10_000;

/** `/runs`: training runs that lie beside the service, as they stand now, and their checkpoints as ONNX files. */
export const runs: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { reader, exporter } = service.runs;

  app.get(
    '/runs',
    {
      schema: {
        tags,
        summary: 'The training runs, the newest first',
        querystring: Type.Object(
          { limit: Type.Integer({ minimum: 1, maximum: mostRuns, default: 200 }) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(runSummary), ...refusals([]) },
      },
    },
    async (request) => [...(await reader.list(request.query.limit))],
  );

  app.get(
    '/runs/:name',
    {
      schema: {
        tags,
        summary: 'A run with its checkpoints',
        params: byName,
        response: { 200: runView, ...refusals(['RUN_NOT_FOUND']) },
      },
    },
    async (request) => reader.get(request.params.name),
  );

  app.get(
    '/runs/:name/metrics',
    {
      schema: {
        tags,
        summary: 'Loss, precision, rate and speed over the steps',
        description:
          'Of many rows those are left out in which nothing is lowest or highest. To follow a run, ask again `from` the ' +
          'last step that is known: a step that was logged may be validated later.',
        params: byName,
        querystring: Type.Object(
          {
            from: Type.Integer({ minimum: 0, default: 0, description: 'Rows of this step and later.' }),
            limit: Type.Integer({
              minimum: 10,
              maximum: mostRows,
              default: 2000,
              description: 'Rows at most.',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 200: runMetrics, ...refusals(['RUN_NOT_FOUND']) },
      },
    },
    async ({ params, query }) => reader.metrics(params.name, { from: query.from, most: query.limit }),
  );

  app.post(
    '/runs/:name/export',
    {
      schema: {
        tags,
        summary: 'A checkpoint as one ONNX file',
        description:
          'What `kiln export` writes, compared with the trainer before it is sent. One at a time; it takes seconds, and ' +
          'longer with `evaluate`.',
        params: byName,
        body: exportOrder,
        response: {
          200: {
            description: 'The file.',
            content: { 'application/octet-stream': { schema: Type.Unsafe<unknown>({ format: 'binary' }) } },
          },
          ...refusals([
            'RUN_NOT_FOUND',
            'CHECKPOINT_NOT_FOUND',
            'CHECKPOINT_CORRUPT',
            'CHECKPOINT_MISMATCH',
            'NETWORK_UNKNOWN',
            'PART_INVALID',
            'FILE_NOT_FOUND',
            'DATASET_MISMATCH',
            'DATASET_CORRUPT',
            'DATASET_TOO_LARGE',
            'DATASET_UNUSABLE',
            'EXPORT_PARITY',
            'EXPORT_UNWRITABLE',
            'ORIGIN_REFUSED',
            'UNSUPPORTED_MEDIA_TYPE',
            'REQUEST_TOO_LARGE',
            'QUEUE_FULL',
            'QUEUE_TIMEOUT',
          ]),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const left = new AbortController();
      reply.raw.once('close', () => left.abort(clientLeft()));
      requireCheckpoint(await reader.get(name), request.body);
      const { step, digest, bytes, content } = await exporter.export(name, request.body, left.signal);
      const raw = request.body.weights === 'raw' ? '-raw' : '';
      return reply
        .type('application/octet-stream')
        .header('content-length', bytes)
        .header('content-disposition', attachment(`${name}-step-${step}${raw}.onnx`))
        .header('etag', `"${digest}"`)
        .header('cache-control', 'no-store')
        .send(content);
    },
  );
};

/** Refuses before a process is started. @throws KilnError CHECKPOINT_NOT_FOUND, naming what there is */
function requireCheckpoint({ checkpoints, bestStep }: RunView, { checkpoint }: ExportOrder): void {
  const steps = checkpoints.map(({ step }) => step);
  if (
    checkpoint === 'last'
      ? steps.length > 0
      : checkpoint === 'best'
        ? bestStep !== null
        : steps.includes(checkpoint)
  )
    return;
  throw new KilnError('CHECKPOINT_NOT_FOUND', {
    expected:
      checkpoint === 'best'
        ? 'a checkpoint that was measured on validation'
        : 'the step of a checkpoint of the run',
    received:
      steps.length === 0 ? 'a run without checkpoints' : `${checkpoint}, where there are ${steps.join(', ')}`,
  });
}

/** No fault of the service's, which an unknown error would be logged as. */
function clientLeft(): KilnError {
  return new KilnError('REQUEST_INVALID', {
    expected: 'a client that waits',
    received: 'a closed connection',
  });
}

/** RFC 6266: the name for programs that know no other than ASCII, then as it is. */
function attachment(name: string): string {
  const ascii = name.replace(/[^\w.-]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
