import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { KilnError } from '../../errors/errors.js';
import type { RequestTrace } from './request-trace.js';

/** Where spans go. */
export interface Tracing {
  /** Begins the request's span, as a part of the trace that its `traceparent` names if it has one. */
  begin(request: FastifyRequest): RequestTrace;
  /** Sends what is left, for as long as a closing service can wait. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Base address of an OTLP/HTTP collector; default: what OpenTelemetry's own variables say. */
  readonly endpoint?: string | undefined;
  /** Told once when the collector takes nothing, and again after it took something. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * OpenTelemetry, where an endpoint is configured; its packages are loaded then alone.
 *
 * @throws KilnError TRACING_UNAVAILABLE where they are not installed
 */
export async function openTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (!configured(options)) return undefined;
  try {
    const { OpenTelemetryTracing } = await import('./opentelemetry.js');
    return new OpenTelemetryTracing(options);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw new KilnError('TRACING_UNAVAILABLE', {
      expected: `an endpoint for traces, and beside kiln: npm install ${packages.join(' ')}`,
      received: 'the endpoint without the packages',
      cause,
    });
  }
}

/** Optional peers in package.json: together they take 25 MB. */
const packages = ['core', 'exporter-trace-otlp-http', 'resources', 'sdk-trace-base'].map(
  (name) => `@opentelemetry/${name}`,
);

function configured({ endpoint }: TracingOptions): boolean {
  const { OTEL_SDK_DISABLED, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = process.env;
  if (OTEL_SDK_DISABLED === 'true') return false;
  return Boolean(endpoint ?? (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || OTEL_EXPORTER_OTLP_ENDPOINT));
}

/** Probes and scrapes come all day long and tell nothing. */
const untraced = /^\/(v2\/)?health\/|^\/metrics$/;

/** Gives every request a span, and its log lines the span's ids. Without `tracing` nothing happens to a request. */
export const traceRequests = plugin(
  async (app: FastifyInstance, { tracing }: { tracing: Tracing | undefined }) => {
    app.decorateRequest('trace', undefined);
    if (tracing === undefined) return;
    app.addHook('onRequest', (request, reply, done) => {
      if (!untraced.test(request.routeOptions.url ?? '')) follow(tracing, request, reply);
      done();
    });
    app.addHook('onClose', () => tracing.close());
  },
);

function follow(tracing: Tracing, request: FastifyRequest, reply: FastifyReply): void {
  const trace = tracing.begin(request);
  request.trace = trace;
  request.log = request.log.child(trace.ids);
  reply.log = request.log;
  // Unlike Fastify's onResponse this comes for clients that left as well.
  reply.raw.once('close', () => trace.end(reply));
}
