import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { performance } from 'node:perf_hooks';

export interface Sent {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
}

/** What became of a request: there is no third possibility, and there is exactly one. */
export type Outcome = (
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
    }
  | {
      readonly kind: 'lost';
      /** `ECONNREFUSED`, `ECONNRESET` … */
      readonly reason: string;
    }
) & { readonly milliseconds: number };

/** Longer than the service lets a request take: what has no answer by then hangs. */
const patience = 60_000;

/** As many connections as there are requests under way. */
export class Client {
  readonly #agent: Agent;
  readonly #hostname: string;
  readonly #port: string;

  /** @param options `keepAlive`: whether a connection serves one request after the other (the default) or one alone */
  constructor(address: string, { keepAlive = true } = {}) {
    this.#agent = new Agent({ keepAlive, maxFreeSockets: Number.POSITIVE_INFINITY });
    ({ hostname: this.#hostname, port: this.#port } = new URL(address));
  }

  /** Never rejects. */
  send({ method, path, headers = {}, body }: Sent): Promise<Outcome> {
    const began = performance.now();
    return new Promise((resolve) => {
      const lost = (error: NodeJS.ErrnoException) =>
        resolve({
          kind: 'lost',
          reason: error.code ?? error.message,
          milliseconds: performance.now() - began,
        });
      const outgoing = request(
        {
          agent: this.#agent,
          hostname: this.#hostname,
          port: this.#port,
          method,
          path,
          headers: { ...headers, ...(body !== undefined && { 'content-length': body.length }) },
          timeout: patience,
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', lost);
          incoming.on('end', () =>
            resolve({
              kind: 'answered',
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks).toString(),
              milliseconds: performance.now() - began,
            }),
          );
        },
      );
      outgoing.on('error', lost);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${patience} ms`)));
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
