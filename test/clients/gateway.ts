import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that has services below a path of its own, one after another, at one address. */
export interface Gateway {
  /** Where the service is seen; ends with a slash. */
  readonly url: string;
  /** Address of the service that is behind it; undefined: nothing listens at the gateway's address either. */
  lead(to: string | undefined): Promise<void>;
  close(): Promise<void>;
}

export async function openGateway(prefix: string): Promise<Gateway> {
  let target: string | undefined;
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    if (target === undefined || !path.startsWith(prefix)) {
      outgoing.writeHead(404).end();
      return;
    }
    const { method, headers } = incoming;
    const asked = request(
      new URL(path.slice(prefix.length), target),
      { method: method!, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      },
    );
    asked.on('error', () => outgoing.writeHead(502, { 'content-type': 'text/html' }).end('Bad gateway'));
    incoming.pipe(asked);
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    async lead(to) {
      target = to;
      if (to === undefined) await close();
      else if (!server.listening) await listen(port);
    },
    close,
  };
}
