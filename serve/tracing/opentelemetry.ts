import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RowAnswer, Seat } from '../seat.js';
import { ReportingExporter } from './reporting-exporter.js';
import type { RequestTrace, TracedModel } from './request-trace.js';
import type { Tracing, TracingOptions } from './tracing.js';

/** How long closing waits for the collector, in ms: what it does not take by then is lost. */
const flushMs = 2000;

/**
 * Spans by OTLP over HTTP, with a provider of its own: nothing of the process is registered or patched. Sampling,
 * batching, headers and resource follow OpenTelemetry's variables (OTEL_TRACES_SAMPLER, OTEL_BSP_…,
 * OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME …).
 */
export class OpenTelemetryTracing implements Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();

  constructor({ endpoint, onFailure }: TracingOptions) {
    const url = endpoint === undefined ? {} : { url: `${endpoint.replace(/\/+$/, '')}/v1/traces` };
    const exporter = new ReportingExporter(new OTLPTraceExporter(url), onFailure);
    this.#provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': 'kiln' }))
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    this.#tracer = this.#provider.getTracer('kiln');
  }

  begin(request: FastifyRequest): RequestTrace {
    const parent = this.#propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    const { url } = request.routeOptions;
    const name = url === undefined ? request.method : `${request.method} ${url}`;
    const startTime = Date.now();
    const span = this.#tracer.startSpan(
      name,
      { kind: SpanKind.SERVER, startTime, attributes: requestAttributes(request) },
      parent,
    );
    return new OpenTelemetryTrace(this.#tracer, span, startTime);
  }

  async close(): Promise<void> {
    const sent = this.#provider.shutdown().catch(() => {}); // the exporter has told why
    await Promise.race([sent, setTimeout(flushMs, undefined, { ref: false })]);
  }
}

class OpenTelemetryTrace implements RequestTrace {
  readonly ids: RequestTrace['ids'];
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  /** What makes ms since the epoch of performance.now(), the same for all spans of the request. */
  readonly #epoch: number;

  constructor(tracer: Tracer, span: Span, startTime: number) {
    const { traceId, spanId } = span.spanContext();
    this.ids = { trace_id: traceId, span_id: spanId };
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(ROOT_CONTEXT, span);
    this.#epoch = startTime - performance.now();
  }

  ran({ admittedAt, queuedAt, answers }: Seat, { name, version }: TracedModel): void {
    if (!this.#span.isRecording()) return;
    this.#span.setAttributes({ 'kiln.model': name, 'kiln.version': version, 'kiln.rows': answers.length });
    this.#child('prepare', admittedAt, queuedAt);
    for (const rows of runsOf(answers)) {
      const beganAt = admittedAt + rows[0]!.waitedMs;
      this.#child('queue', queuedAt, beganAt);
      let decodedAt = beganAt;
      let inferenceMs = 0;
      let batch = 0;
      for (const { result } of rows) {
        if (result.kind !== 'probabilities') continue;
        decodedAt += result.decodeMs;
        inferenceMs = result.inferenceMs;
        batch = result.batch;
      }
      this.#child('decode', beganAt, decodedAt, { 'kiln.rows': rows.length });
      this.#child('inference', decodedAt, decodedAt + inferenceMs, { 'kiln.batch_rows': batch });
    }
  }

  end(reply: FastifyReply): void {
    const { statusCode, writableEnded } = reply.raw;
    if (!writableEnded) {
      this.#span.setAttribute('error.type', 'client_left');
    } else {
      this.#span.setAttribute('http.response.status_code', statusCode);
      if (statusCode >= 500) {
        this.#span.setAttribute('error.type', String(statusCode)).setStatus({ code: SpanStatusCode.ERROR });
      }
    }
    this.#span.end(this.#epoch + performance.now());
  }

  /** @param from ms, as performance.now() counts */
  #child(name: string, from: number, to: number, attributes: Attributes = {}): void {
    const startTime = this.#epoch + from;
    this.#tracer.startSpan(name, { startTime, attributes }, this.#context).end(this.#epoch + to);
  }
}

/**
 * Semantic conventions for HTTP servers 1.23. `url.query` is left out: whatever a client puts there stays here.
 */
function requestAttributes(request: FastifyRequest): Attributes {
  const { url: route } = request.routeOptions;
  const { 'user-agent': userAgent } = request.headers;
  return {
    'http.request.method': request.method,
    'url.path': request.url.split('?', 1)[0],
    'url.scheme': request.protocol,
    'network.protocol.version': request.raw.httpVersion,
    'client.address': request.ip,
    ...(route !== undefined && { 'http.route': route }),
    ...(userAgent !== undefined && { 'user_agent.original': userAgent }),
  };
}

/** The rows of each run: those of one run waited equally long. */
function runsOf(answers: readonly RowAnswer[]): readonly (readonly RowAnswer[])[] {
  const runs: RowAnswer[][] = [];
  for (const answer of answers) {
    const last = runs.at(-1);
    if (last?.[0]?.waitedMs === answer.waitedMs) last.push(answer);
    else runs.push([answer]);
  }
  return runs;
}
