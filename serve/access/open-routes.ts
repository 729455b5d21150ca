import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no key and is not counted. */
    open?: boolean;
  }
}

/** Whether everyone may ask this: probes, which carry no key, and what marks itself as open (the page's files). */
export function isOpen(request: FastifyRequest): boolean {
  const { config, url = '' } = request.routeOptions;
  return config.open === true || url.startsWith('/health/') || url.startsWith('/v2/health/');
}
