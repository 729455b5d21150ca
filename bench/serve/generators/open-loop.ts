import net from 'node:net';
import { percentile } from '../statistics.js';
import type { HttpRequests, Latency } from './load.js';

export interface OpenLoad {
  readonly url: string;
  readonly requests: HttpRequests;
  /** Requests a second, evenly spaced, whatever becomes of those before. */
  readonly perSecond: number;
  readonly seconds: number;
}

export interface OpenLoadResult {
  readonly answers: number;
  readonly latency: Latency & { readonly p999: number };
  /** Connections that were open at once: as many as requests were ever under way together. */
  readonly connections: number;
}

/** The first part of the measurement is not counted: connections are made and batch sizes are met for the first time. */
const warmUp = 0.2;

/**
 * An open loop: requests leave at their times, as those of many clients do, on another connection where all are
 * waiting. A latency runs from the time at which the request was due, so that neither a slow answer nor a late
 * generator hides itself (coordinated omission). autocannon's rates do not serve: it sends a second's share at once.
 */
export async function loadAtRate({ url, requests, perSecond, seconds }: OpenLoad): Promise<OpenLoadResult> {
  const { hostname, port } = new URL(url);
  const messages = messagesOf(requests, `${hostname}:${port}`);
  const total = Math.round(perSecond * seconds);
  const milliseconds = new Float64Array(total);
  const idle: Connection[] = [];
  const open: Connection[] = [];
  let answers = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const begin = performance.now();
      const due = (index: number) => begin + (index * 1000) / perSecond;
      let next = 0;
      const send = (): void => {
        for (; next < total && due(next) <= performance.now(); next += 1) {
          const connection = idle.pop() ?? connect();
          const index = next;
          connection.send(messages[index % messages.length]!, () => {
            milliseconds[index] = performance.now() - due(index);
            idle.push(connection);
            answers += 1;
            if (answers === total) resolve();
          });
        }
        if (next < total) setTimeout(send, due(next) - performance.now());
      };
      const connect = (): Connection => {
        const connection = new Connection(hostname, Number(port), reject);
        open.push(connection);
        return connection;
      };
      send();
    });
  } finally {
    for (const connection of open) connection.close();
  }
  const counted = milliseconds.subarray(Math.floor(total * warmUp)).sort();
  return {
    answers,
    latency: {
      p50: percentile(counted, 0.5),
      p99: percentile(counted, 0.99),
      p999: percentile(counted, 0.999),
    },
    connections: open.length,
  };
}

function messagesOf({ path, headers, bodies }: HttpRequests, host: string): Buffer[] {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return bodies.map((body) =>
    Buffer.concat([
      Buffer.from(
        `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${fields.join('')}content-length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]),
  );
}

/**
 * One keep-alive connection, one request at a time; node:http would cost as much as the service. It understands what
 * kiln answers: a status, a content-length and as many bytes.
 */
class Connection {
  readonly #socket: net.Socket;
  readonly #fail: (error: Error) => void;
  #received: Buffer[] = [];
  #missing = Number.POSITIVE_INFINITY;
  #answered: (() => void) | undefined;

  constructor(host: string, port: number, fail: (error: Error) => void) {
    this.#fail = fail;
    this.#socket = net.connect({ host, port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', fail);
    this.#socket.on('close', () => {
      if (this.#answered !== undefined) fail(new Error('the service closed a connection that waited'));
    });
  }

  send(message: Buffer, answered: () => void): void {
    this.#answered = answered;
    this.#socket.write(message);
  }

  close(): void {
    this.#answered = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#missing -= chunk.length;
    if (this.#missing === Number.POSITIVE_INFINITY) this.#readHead();
    if (this.#missing > 0) return;
    const answered = this.#answered;
    this.#received = [];
    this.#missing = Number.POSITIVE_INFINITY;
    this.#answered = undefined;
    answered?.();
  }

  #readHead(): void {
    const bytes = Buffer.concat(this.#received);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = bytes.toString('latin1', 0, end);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (length === undefined || !/^HTTP\/1\.1 2\d\d /.test(head)) {
      this.#fail(new Error(`an answer that is no 2xx with a length: ${head.split('\r\n', 1)[0]}`));
      return;
    }
    this.#missing = end + 4 + Number(length) - bytes.length;
  }
}
