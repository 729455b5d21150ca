import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Service } from '../service.js';
import { inferRoutes } from './infer-routes.js';
import { modelRoutes } from './model-routes.js';
import { refuseInProtocol, refuseOtherMethods } from './refusals.js';
import { repositoryRoutes } from './repository-routes.js';
import { serverRoutes } from './server-routes.js';

/**
 * The Open Inference Protocol v2 (github.com/kserve/open-inference-protocol, inference_rest.md) with Triton's extensions
 * that `extensions` names; to be registered under `/v2`.
 */
export const openInferenceProtocol: FastifyPluginAsyncTypebox<{ service: Service }> = async (
  app,
  { service },
) => {
  refuseInProtocol(app);
  // Schemas describe; each route reads and checks its body by itself.
  app.setValidatorCompiler(() => () => true);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const refuseOthers = refuseOtherMethods(app);
  serverRoutes(app, service);
  modelRoutes(app, service);
  inferRoutes(app, service);
  repositoryRoutes(app, service);
  refuseOthers();
};
