import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { KilnError } from '../../errors/errors.js';
import type { ModelKeeper } from '../models/keeper.js';
import type { ModelEntry } from '../models/repository.js';
import type { Service } from '../service.js';
import { readBody } from './body.js';
import { parseJson } from './json-body.js';
import { type ProtocolApp, tags } from './protocol-app.js';
import { protocolRefusals } from './refusals.js';

/** Bytes of a request: there is little to say. */
const documentBytes = 16 * 1024;

const indexRequest = Type.Object({
  ready: Type.Optional(Type.Boolean({ description: 'Only what answers requests.' })),
});
const indexEntry = Type.Object({
  name: Type.String(),
  version: Type.String(),
  state: Type.Enum(['READY', 'UNAVAILABLE']),
  reason: Type.String({ description: 'Why the newest file is not what answers; empty where it is.' }),
});
type IndexEntry = Static<typeof indexEntry>;

/** Triton's `config` and `file:…` are not among them: what is loaded is what lies there. */
const controlRequest = Type.Object({
  parameters: Type.Optional(
    Type.Object(
      { unload_dependents: Type.Optional(Type.Boolean({ description: 'Nothing depends on a model.' })) },
      { additionalProperties: false },
    ),
  ),
});

const validators = { index: Compile(indexRequest), control: Compile(controlRequest) };

/** The extension `model_repository`: `POST /v2/repository/index`, `…/models/M/load` and `…/models/M/unload`. */
export function repositoryRoutes(app: ProtocolApp, { models, control }: Service): void {
  app.post(
    '/repository/index',
    {
      schema: {
        tags,
        summary: 'Every version of every model',
        body: { content: { 'application/json': { schema: indexRequest } } },
        response: {
          200: Type.Array(indexEntry),
          ...protocolRefusals(['ORIGIN_REFUSED', 'REQUEST_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']),
        },
      },
    },
    async (request, reply) => {
      const body = await readBody(request, reply, documentBytes);
      const { ready = false } = body.length === 0 ? {} : parseJson(body.toString(), validators.index);
      const known = models.list().map(entryOf);
      if (ready) return known.filter(({ state }) => state === 'READY');
      return [...known, ...(await notLoaded(control, known))];
    },
  );

  for (const action of ['load', 'unload'] as const) {
    app.post(
      `/repository/models/:name/${action}`,
      {
        schema: {
          tags,
          summary: action === 'load' ? 'Load a model, or load it again' : 'Unload a model',
          description: 'Every version of it. Only with the option `modelControl`.',
          params: Type.Object({ name: Type.String() }),
          body: { content: { 'application/json': { schema: controlRequest } } },
          response: {
            200: Type.Literal('', { description: 'Done.' }),
            ...protocolRefusals([
              'DEVICE_UNAVAILABLE',
              'MODEL_CONTROL_OFF',
              'MODEL_INVALID',
              'MODEL_NOT_FOUND',
              'MODEL_NOT_KILN',
              'MODEL_NOT_SERVED',
              'ORIGIN_REFUSED',
              'REQUEST_TOO_LARGE',
              'UNSUPPORTED_MEDIA_TYPE',
              'WORKER_FAILED',
            ]),
          },
        },
      },
      async (request, reply) => {
        const body = await readBody(request, reply, documentBytes);
        if (body.length > 0) parseJson(body.toString(), validators.control);
        if (control === undefined) throw controlOff(action, request.params.name);
        await control[action](request.params.name);
        return '' as const;
      },
    );
  }
}

function entryOf({ name, version, live, problem }: ModelEntry): IndexEntry {
  return {
    name,
    version,
    state: live === undefined ? 'UNAVAILABLE' : 'READY',
    reason: problem === undefined ? '' : `${problem.message} Received ${problem.received}.`,
  };
}

/** What could be loaded: known only to who looks after the files. */
async function notLoaded(
  keeper: ModelKeeper | undefined,
  known: readonly IndexEntry[],
): Promise<IndexEntry[]> {
  const available = (await keeper?.available()) ?? [];
  return available
    .filter((found) => known.every(({ name, version }) => name !== found.name || version !== found.version))
    .map(({ name, version }) => ({ name, version, state: 'UNAVAILABLE', reason: 'not loaded' }));
}

/** Triton's clients know the first words. */
function controlOff(action: string, name: string): KilnError {
  return new KilnError('MODEL_CONTROL_OFF', {
    message: 'explicit model load / unload is not allowed if polling is enabled.',
    expected: 'a service with model control',
    received: `${action} of ${name}`,
  });
}
