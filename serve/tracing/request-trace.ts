import type { FastifyReply } from 'fastify';
import type { Seat } from '../seat.js';

/** Which model version answers. */
export interface TracedModel {
  readonly name: string;
  readonly version: string;
}

/** One request's span, and what it learns on the way. */
export interface RequestTrace {
  /** What the request's log lines carry, under the names of OpenTelemetry's log format. */
  readonly ids: { readonly trace_id: string; readonly span_id: string };
  /** The rows of a seat have their answers: adds the spans of what they went through. */
  ran(seat: Seat, model: TracedModel): void;
  /** The connection is done with the request. */
  end(reply: FastifyReply): void;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined unless tracing is on and the route is traced. */
    trace: RequestTrace | undefined;
  }
}
