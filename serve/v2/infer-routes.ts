import { type ErrorCode, KilnError } from '../../errors/errors.js';
import type { LiveModel } from '../models/live-model.js';
import type { RowAnswer } from '../seat.js';
import type { Service } from '../service.js';
import { receiveWithin } from '../upload-budget.js';
import { readBody } from './body.js';
import { readInferRequest } from './infer-request.js';
import { encodeInferAnswer } from './infer-response.js';
import { inferRequest, inferResponse } from './infer-schema.js';
import { modelPaths, type ProtocolApp, tags } from './protocol-app.js';
import { protocolRefusals } from './refusals.js';
import { elementsOf, tensorsOf } from './tensors.js';

const headerLengthName = 'inference-header-content-length';

/** Bytes of a request whose tensors stand in its JSON document: reading one keeps all others waiting. */
const documentBytes = 4 * 1024 ** 2;

/** Bytes of the document where tensors stand behind it. */
const headerBytes = 64 * 1024;

const refused = [
  'MODEL_NOT_SERVED',
  'NOT_READY',
  'ORIGIN_REFUSED',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'REQUEST_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'WORKER_FAILED',
] as const satisfies readonly ErrorCode[];

const binary = { 'application/octet-stream': { schema: { format: 'binary' } } };

/** `POST /v2/models/M[/versions/V]/infer` */
export function inferRoutes(app: ProtocolApp, { budget, models, limits }: Service): void {
  const receive = receiveWithin(budget, () => limits.requestBytes);

  for (const { path, params } of modelPaths) {
    const schema = {
      tags,
      summary: 'Inference',
      params,
      body: { content: { 'application/json': { schema: inferRequest }, ...binary } },
      response: {
        200: {
          description: 'Binary where an output was asked for in binary.',
          content: { 'application/json': { schema: inferResponse }, ...binary },
        },
        ...protocolRefusals(refused),
      },
    };
    app.post(`${path}/infer`, { onRequest: receive, schema }, async (request, reply) => {
      const { name, version } = request.params;
      const headerLength = request.headers[headerLengthName]?.toString();
      const announced = models.find(name, version); // unknown models are refused before their tensors are read
      const most = bodyLimit(announced, headerLength === undefined);
      const body = await readBody(request, reply, Math.min(limits.requestBytes, most));

      const model = models.find(name, version);
      const { metadata, batcher } = model;
      const asked = readInferRequest(body, headerLength, metadata, batcher.settings.queueRows);
      const seat = batcher.admit(asked.frames.length, asked.timeoutMs);
      reply.raw.once('close', () => batcher.abandon(seat));
      const answers = await seat.run(asked.frames.map((bytes) => ({ kind: 'frame', bytes })));
      request.trace?.ran(seat, model);
      const encoded = encodeInferAnswer({
        modelName: model.name,
        modelVersion: model.version,
        labels: metadata.labels,
        id: asked.id,
        outputs: asked.outputs,
        rows: answers.map(probabilitiesOf),
      });
      if (encoded.kind === 'binary') void reply.header(headerLengthName, encoded.headerLength);
      return reply
        .type(encoded.kind === 'binary' ? 'application/octet-stream' : 'application/json; charset=utf-8')
        .send(encoded.body);
    });
  }
}

/** Room for as many rows as may wait, in the larger of the two datatypes. */
function bodyLimit({ metadata, batcher }: LiveModel, inDocument: boolean): number {
  if (inDocument) return documentBytes;
  return headerBytes + batcher.settings.queueRows * elementsOf(tensorsOf(metadata).input) * 4;
}

/** A tensor has all of its rows or is none. */
function probabilitiesOf({ result }: RowAnswer): Float32Array {
  if (result.kind === 'probabilities') return result.values;
  throw new KilnError(result.error.code, result.error);
}
