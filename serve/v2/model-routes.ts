import Type from 'typebox';
import type { ModelRepository } from '../models/repository.js';
import type { Service } from '../service.js';
import { modelConfig, modelConfigOf } from './model-config.js';
import { modelMetadata, modelMetadataOf } from './model-metadata.js';
import { modelStats, modelStatsOf } from './model-stats.js';
import { modelPaths, type ProtocolApp, tags } from './protocol-app.js';
import { protocolRefusals } from './refusals.js';

const refused = protocolRefusals(['MODEL_NOT_SERVED', 'NOT_READY']);

/** What there is to ask of a model: `GET /v2/models/M[/versions/V]`, and `/ready`, `/config`, `/stats` below. */
export function modelRoutes(app: ProtocolApp, { models, pool }: Service): void {
  for (const { path, params } of modelPaths) {
    app.get(
      path,
      {
        schema: { tags, summary: 'Model metadata', params, response: { 200: modelMetadata, ...refused } },
      },
      async ({ params: { name, version } }) =>
        modelMetadataOf(models.find(name, version), versionsOf(models, name)),
    );

    app.get(
      `${path}/ready`,
      {
        schema: {
          tags,
          summary: 'Model ready',
          params,
          response: { 200: Type.Object({ name: Type.String(), ready: Type.Literal(true) }), ...refused },
        },
      },
      async ({ params: { name, version } }) => {
        models.find(name, version).batcher.assertReady();
        return { name, ready: true as const };
      },
    );

    app.get(
      `${path}/config`,
      {
        schema: { tags, summary: 'Model configuration', params, response: { 200: modelConfig, ...refused } },
      },
      async ({ params: { name, version } }) => modelConfigOf(models.find(name, version), pool.workers),
    );

    app.get(
      `${path}/stats`,
      {
        schema: { tags, summary: 'Model statistics', params, response: { 200: modelStats, ...refused } },
      },
      async ({ params: { name, version } }) => {
        const found = models.find(name, version);
        return modelStatsOf(
          version === undefined ? models.live.filter((live) => live.name === name) : [found],
        );
      },
    );
  }

  app.get(
    '/models/stats',
    {
      schema: {
        tags,
        summary: 'Statistics of every model',
        response: { 200: modelStats, ...protocolRefusals([]) },
      },
    },
    async () => modelStatsOf(models.live),
  );
}

function versionsOf(models: ModelRepository, name: string): string[] {
  return models.live.flatMap((live) => (live.name === name ? live.version : []));
}
