import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type ErrorCode, errorTable } from '../../../errors/errors.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that gives these answers, the last one to all further requests, having read the request. */
export async function openScripted(t: TestContext, ...answers: readonly Answer[]) {
  const bodies: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    bodies.push(Buffer.concat(body));
    answers[Math.min(bodies.length, answers.length) - 1]?.(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, bodies };
}

export function json(body: object): Answer {
  return (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}

/** As the service refuses. */
export function refusal(code: ErrorCode, headers: Readonly<Record<string, string>> = {}): Answer {
  const { status, title } = errorTable[code];
  const report = { code, message: title, expected: 'x', received: 'y' };
  return (response) => response.writeHead(status, headers).end(JSON.stringify(report));
}

/** As a proxy does, in its own words. */
export function status(code: number): Answer {
  return (response) => response.writeHead(code).end('<html>');
}

/** The connection is lost once the request has arrived. */
export const hangUp: Answer = (response) => response.destroy();

/** Nothing comes. */
export const silence: Answer = () => {};

/** A port of this machine on which nothing listens. */
export async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
