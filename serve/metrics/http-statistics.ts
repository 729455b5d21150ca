import { performance } from 'node:perf_hooks';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { durationBounds, Histogram } from './histogram.js';

/** The route of requests that match none: their addresses are anybody's choice. */
const unmatched = 'unmatched';

/** nginx's status for a client that left before its answer; no answer of ours has it. */
const clientLeft = 499;

/** What the requests of one route and method came to. */
export interface RouteStatistics {
  /** The route's pattern. */
  readonly route: string;
  readonly method: string;
  /** Seconds from a request's headers to the end of its answer. */
  readonly seconds: Histogram;
  readonly byStatus: ReadonlyMap<number, number>;
}

class RouteTotals implements RouteStatistics {
  readonly seconds = new Histogram(durationBounds);
  readonly byStatus = new Map<number, number>();

  constructor(
    readonly route: string,
    readonly method: string,
  ) {}

  add(status: number, seconds: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    this.seconds.observe(seconds);
  }
}

/** The requests of one app, by route. */
export class HttpStatistics {
  readonly #routes = new Map<string, Map<string, RouteTotals>>();
  #inFlight = 0;

  /** Requests that have come and whose answers have not gone. */
  get inFlight(): number {
    return this.#inFlight;
  }

  *routes(): Iterable<RouteStatistics> {
    for (const methods of this.#routes.values()) yield* methods.values();
  }

  /** Follows one request until its connection is done with it. */
  follow(request: FastifyRequest, reply: FastifyReply): void {
    const beganAt = performance.now();
    this.#inFlight += 1;
    // Unlike Fastify's onResponse this comes for clients that left as well.
    reply.raw.once('close', () => {
      this.#inFlight -= 1;
      const status = reply.raw.writableEnded ? reply.raw.statusCode : clientLeft;
      const route = request.routeOptions.url ?? unmatched;
      this.#totals(route, request.method).add(status, (performance.now() - beganAt) / 1000);
    });
  }

  #totals(route: string, method: string): RouteTotals {
    let methods = this.#routes.get(route);
    if (methods === undefined) {
      methods = new Map();
      this.#routes.set(route, methods);
    }
    let totals = methods.get(method);
    if (totals === undefined) {
      totals = new RouteTotals(route, method);
      methods.set(method, totals);
    }
    return totals;
  }
}

/** Follows every request. Registered before whatever may refuse one. */
export const followRequests = plugin(
  async (app: FastifyInstance, { statistics }: { statistics: HttpStatistics }) => {
    app.addHook('onRequest', (request, reply, done) => {
      statistics.follow(request, reply);
      done();
    });
  },
);
