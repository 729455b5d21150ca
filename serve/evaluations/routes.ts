import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { type SplitName, splitNames } from '../data/dataset.js';
import { datasetNames } from '../data/registry.js';
import type { Evaluation, EvaluationState } from './evaluation.js';
import { modelChoice } from './models/routes.js';
import { errorReport, refusals } from './schemas.js';
import type { Service } from './service.js';

const share = Type.Number({ minimum: 0, maximum: 1 });
const natural = Type.Integer({ minimum: 0 });

const result = Type.Object({
  precisionAt1: share,
  count: natural,
  interval: Type.Array(share, {
    minItems: 2,
    maxItems: 2,
    description: '95 % Wilson interval of precisionAt1.',
  }),
  top5: share,
  perClass: Type.Array(
    Type.Object({
      label: Type.String(),
      count: natural,
      correct: natural,
      recall: Type.Union([share, Type.Null()]),
      precision: Type.Union([share, Type.Null()]),
    }),
  ),
  confusion: Type.Array(Type.Array(natural), { description: '[label][predicted]' }),
  imagesPerSecond: Type.Number(),
});

const common = {
  id: Type.String({ format: 'uuid' }),
  model: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String() }),
  dataset: Type.String(),
  split: Type.Enum([...splitNames]),
  startedAt: Type.String({ format: 'date-time' }),
  progress: Type.Object({ done: natural, count: natural }),
};

/** What is told of an evaluation. */
export type EvaluationView = EvaluationState & {
  readonly id: string;
  readonly model: Evaluation['model'];
  readonly dataset: string;
  readonly split: SplitName;
  readonly startedAt: string;
  readonly progress: { readonly done: number; readonly count: number };
};

/** `Unsafe` for its read-only members alone, which TypeBox does not infer; a test checks views against it. */
export const evaluationView = Type.Unsafe<EvaluationView>(
  Type.Union([
    Type.Object({ ...common, status: Type.Literal('running') }),
    Type.Object({ ...common, status: Type.Literal('done'), result }),
    Type.Object({
      ...common,
      status: Type.Literal('failed'),
      error: errorReport(['WORKER_FAILED', 'INTERNAL']),
    }),
    Type.Object({ ...common, status: Type.Literal('cancelled') }),
  ]),
);

const byId = Type.Object({ id: Type.String() });
const tags = ['evaluations'];

/** `/evaluations`: a dataset's split through the same workers, while no request waits. */
export const evaluations: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { evaluations: store } = service;
  app.removeContentTypeParser('text/plain');

  app.post(
    '/evaluations',
    {
      schema: {
        tags,
        summary: 'Start an evaluation',
        description: 'Data that is not on the machine is not fetched.',
        body: Type.Object(
          {
            ...modelChoice,
            dataset: Type.String({ description: datasetNames.join(', ') }),
            split: Type.Enum([...splitNames]),
            limit: Type.Optional(Type.Integer({ minimum: 1, description: 'Only so many pictures.' })),
          },
          { additionalProperties: false },
        ),
        response: {
          202: evaluationView,
          ...refusals([
            'MODEL_NOT_SERVED',
            'NOT_READY',
            'DATASET_UNKNOWN',
            'DATASET_NOT_FOUND',
            'DATASET_MISMATCH',
            'DATASET_CORRUPT',
            'ORIGIN_REFUSED',
            'UNSUPPORTED_MEDIA_TYPE',
            'REQUEST_TOO_LARGE',
            'QUEUE_FULL',
          ]),
        },
      },
    },
    async (request, reply) => {
      const evaluation = await store.start(request.body);
      void reply.header('location', `/evaluations/${evaluation.id}`);
      return reply.code(202).send(viewOf(evaluation));
    },
  );

  app.get(
    '/evaluations',
    {
      schema: {
        tags,
        summary: 'The evaluations, the newest first',
        response: { 200: Type.Array(evaluationView), ...refusals([]) },
      },
    },
    async () => store.list().map(viewOf),
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
    async (request) => viewOf(store.get(request.params.id)),
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
      const events = Readable.from(eventsOf(store.get(request.params.id)));
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
    async (request) => {
      const evaluation = store.get(request.params.id);
      evaluation.cancel();
      return viewOf(evaluation);
    },
  );
};

function viewOf(evaluation: Evaluation): EvaluationView {
  const { id, model, request, startedAt, done, count, state } = evaluation;
  const { dataset, split } = request;
  return {
    id,
    model,
    dataset,
    split,
    startedAt: startedAt.toISOString(),
    progress: { done, count },
    ...state,
  };
}

/** A client that reads slowly is sent the newest progress, not all of it. */
async function* eventsOf(evaluation: Evaluation): AsyncGenerator<string> {
  while (evaluation.state.status === 'running') {
    const changed = evaluation.changed();
    yield event('progress', viewOf(evaluation));
    await changed;
  }
  yield event('end', viewOf(evaluation));
}

function event(name: string, data: EvaluationView): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
