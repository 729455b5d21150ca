import multipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { type ErrorCode, KilnError } from '../errors/errors.js';
import { topPredictions } from '../runtime/top-predictions.js';
import { logFailure, refuse } from './errors.js';
import { modelChoice } from './models/routes.js';
import { type PictureOutcome, runPictures } from './pictures.js';
import { errorReport, refusals } from './schemas.js';
import type { Service } from './service.js';
import { receiveWithin } from './upload-budget.js';
import { readUploads } from './uploads.js';

const defaultTop = 5;
const rawTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;

/** Form fields beside the files: allowed, and ignored. */
const fields = 16;
const fieldBytes = 1024;

/** Why one picture may be refused. */
const pictureRefusals = [
  'IMAGE_UNDECODABLE',
  'DECODE_TIMEOUT',
  'IMAGE_TOO_LARGE',
  'UNSUPPORTED_IMAGE',
  'REQUEST_TOO_LARGE',
  'WORKER_FAILED',
  'INTERNAL',
] as const satisfies readonly ErrorCode[];

/** Why a whole request may be refused. */
const requestRefusals = [
  'IMAGE_MISSING',
  'MODEL_NOT_SERVED',
  'ORIGIN_REFUSED',
  'UNSUPPORTED_MEDIA_TYPE',
  'QUEUE_FULL',
  'NOT_READY',
  'QUEUE_TIMEOUT',
] as const satisfies readonly ErrorCode[];

const classified = Type.Object({
  name: Type.String({ description: 'The file’s name; `image` for a raw body.' }),
  predictions: Type.Array(
    Type.Object({
      label: Type.String(),
      index: Type.Integer({ minimum: 0 }),
      probability: Type.Number({ minimum: 0, maximum: 1 }),
    }),
    { description: 'The most probable first.' },
  ),
  timing: Type.Object({
    queueMs: Type.Number({ description: 'From admission until the run began, decoding apart.' }),
    decodeMs: Type.Number({ description: 'From the file to the network’s frame.' }),
    inferenceMs: Type.Number({ description: 'Of the run that the picture was part of.' }),
  }),
});
const refused = Type.Object({ name: Type.String(), error: errorReport(pictureRefusals) });

export const classification = Type.Object({
  model: Type.Object({
    name: Type.String(),
    version: Type.String(),
    digest: Type.String({ description: 'sha256 of the ONNX file.' }),
  }),
  results: Type.Array(Type.Union([classified, refused])),
});
export type Classification = Static<typeof classification>;

const file = { type: 'string', format: 'binary' } as const;

/** `POST /classify`: pictures in, the most probable labels of each out. */
export const classify: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { budget, decoder, limits, models } = service;

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    [...rawTypes],
    { parseAs: 'buffer', bodyLimit: limits.fileBytes },
    (_request, body, done) => done(null, body),
  );
  await app.register(multipart, {
    throwFileSizeLimit: false, // a file that is too large is refused alone
    limits: {
      fileSize: limits.fileBytes,
      files: limits.files,
      fields,
      fieldSize: fieldBytes,
      parts: limits.files + fields,
    },
  });

  const schema = {
    tags: ['classify'],
    summary: 'Classify pictures',
    description:
      'The body is one picture (PNG, JPEG, WebP), or a form with one or several. Every picture has its own ' +
      'result: one that is refused does not fail its neighbours. When all are refused, the status is that of ' +
      'the first, and its report stands beside the results.',
    // Without `type`: it documents the body, which is sniffed and decoded, not validated.
    body: {
      content: {
        'multipart/form-data': { schema: { properties: { images: { type: 'array', items: file } } } },
        ...Object.fromEntries(rawTypes.map((type) => [type, { schema: { format: 'binary' } }])),
      },
    },
    querystring: Type.Object(
      {
        ...modelChoice,
        top: Type.Optional(
          Type.Integer({
            minimum: 1,
            description: `How many labels of each picture; ${defaultTop} unless there are fewer.`,
          }),
        ),
      },
      { additionalProperties: false },
    ),
    response: {
      200: classification,
      ...refusals([...pictureRefusals, ...requestRefusals], Type.Partial(classification).properties),
    },
  };

  const onRequest = receiveWithin(budget, (type) =>
    type?.startsWith('multipart/') ? limits.requestBytes : limits.fileBytes,
  );
  app.post('/classify', { onRequest, schema }, async (request, reply) => {
    const { model: asked, version: askedVersion } = request.query;
    models.find(asked, askedVersion); // an unknown one is refused before its pictures are read
    const uploads = await readUploads(request, limits);
    const model = models.find(asked, askedVersion);
    const { name, version, digest, metadata, batcher } = model;
    const top = topOf(request.query.top, metadata.labels.length);
    const seat = batcher.admit(uploads.length);
    reply.raw.once('close', () => batcher.abandon(seat));
    const outcomes = await runPictures(uploads, seat, decoder, metadata.frame);
    request.trace?.ran(seat, model);
    model.statistics.decoded(outcomes);
    const answer: Classification = {
      model: { name, version, digest },
      results: outcomes.map((outcome) => resultOf(outcome, metadata.labels, top)),
    };
    const refusedPictures = outcomes.flatMap((outcome) => (outcome.kind === 'error' ? [outcome.error] : []));
    for (const error of refusedPictures) logFailure(request, error);
    const [first] = refusedPictures;
    if (first === undefined || refusedPictures.length < outcomes.length) return answer;
    return refuse(reply, first, answer);
  });
};

/** @throws KilnError REQUEST_INVALID for more labels than the model has */
function topOf(asked: number | undefined, labels: number): number {
  if (asked === undefined) return Math.min(defaultTop, labels);
  if (asked <= labels) return asked;
  throw new KilnError('REQUEST_INVALID', {
    expected: `querystring/top must be <= ${labels}`,
    received: String(asked),
  });
}

function resultOf(
  outcome: PictureOutcome,
  labels: readonly string[],
  top: number,
): Classification['results'][number] {
  const { name } = outcome;
  if (outcome.kind === 'error') return { name, error: outcome.error.toJSON() };
  return { name, predictions: topPredictions(outcome.values, labels, top), timing: outcome.timing };
}
