import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import plugin from 'fastify-plugin';

interface DocsOptions {
  /** Where clients find the routes. */
  readonly mountedAt: string | undefined;
}

/** `/docs`: the service's OpenAPI description, gathered from the routes' schemas, and a page to read it. */
export const docs = plugin(async (app: FastifyInstance, { mountedAt }: DocsOptions) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      ...(mountedAt !== undefined && { servers: [{ url: mountedAt }] }),
      info: {
        title: 'kiln',
        version: '1.0.0',
        description:
          'Classifies pictures by one ONNX file. Every refusal is `{ code, message, expected, received }`.',
      },
      tags: [
        { name: 'classify', description: 'Pictures in, labels out' },
        { name: 'evaluations', description: 'A dataset or an uploaded archive through the same workers' },
        { name: 'runs', description: 'Training runs that lie beside the service' },
        { name: 'v2', description: 'The Open Inference Protocol; every refusal is `{ error }`' },
        { name: 'model', description: 'What is served, and how it does' },
        { name: 'health', description: 'For whoever supervises the process' },
      ],
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The page needs neither: it asks nobody else, and the service speaks plain HTTP.
    transformStaticCSP: (policy) =>
      policy.replace(' validator.swagger.io', '').replace(/ ?upgrade-insecure-requests;/, ''),
  });
});
