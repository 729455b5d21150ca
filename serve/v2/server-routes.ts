import Type from 'typebox';
import { kilnVersion } from '../../train/provenance.js';
import type { Service } from '../service.js';
import { type ProtocolApp, tags } from './protocol-app.js';
import { protocolRefusals } from './refusals.js';

/** Triton's names of what is implemented beyond the protocol. */
const extensions = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'statistics',
];

/**
 * `GET /v2`, `GET /v2/health/live`, `GET /v2/health/ready`.
 *
 * The specification's text gives `live` to both, its OpenAPI description gives them no body, and KServe answers `ready`:
 * ready answers with both.
 */
export function serverRoutes(app: ProtocolApp, { models }: Service): void {
  const metadata = { name: 'kiln', version: kilnVersion(), extensions };

  app.get(
    '/',
    {
      schema: {
        tags,
        summary: 'Server metadata',
        response: {
          200: Type.Object({
            name: Type.String(),
            version: Type.String(),
            extensions: Type.Array(Type.String()),
          }),
          ...protocolRefusals([]),
        },
      },
    },
    async () => metadata,
  );

  app.get(
    '/health/live',
    {
      schema: { tags, summary: 'Server live', response: { 200: Type.Object({ live: Type.Literal(true) }) } },
    },
    async () => ({ live: true as const }),
  );

  app.get(
    '/health/ready',
    {
      schema: {
        tags,
        summary: 'Server ready',
        response: {
          200: Type.Object({ live: Type.Literal(true), ready: Type.Literal(true) }),
          ...protocolRefusals(['NOT_READY']),
        },
      },
    },
    async () => {
      models.assertReady();
      return { live: true as const, ready: true as const };
    },
  );
}
