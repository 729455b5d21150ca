import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** A value of OTLP's JSON form; numbers of 64 bits are written as text. */
type AnyValue = { readonly stringValue: string } | { readonly intValue: number | string };

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly attributes: readonly { readonly key: string; readonly value: AnyValue }[];
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: Pick<CollectedSpan, 'attributes'>;
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** A collector of traces by OTLP over HTTP. */
export interface Collector {
  readonly endpoint: string;
  readonly paths: readonly (string | undefined)[];
  readonly headers: readonly IncomingHttpHeaders[];
  readonly spans: readonly CollectedSpan[];
  readonly resources: readonly Record<string, string | number>[];
}

/** @param status what it answers */
export async function openCollector(t: TestContext, status = 200): Promise<Collector> {
  const paths: (string | undefined)[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const spans: CollectedSpan[] = [];
  const resources: Record<string, string | number>[] = [];
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as ExportRequest; // the exporter is what is tested with it
    paths.push(request.url);
    headers.push(request.headers);
    for (const { resource, scopeSpans } of resourceSpans) {
      resources.push(attributesOf(resource));
      spans.push(...scopeSpans.flatMap((scope) => scope.spans));
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // a TCP server has no other
  return { endpoint: `http://127.0.0.1:${port}`, paths, headers, spans, resources };
}

export function attributesOf({
  attributes,
}: Pick<CollectedSpan, 'attributes'>): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      'stringValue' in value ? value.stringValue : Number(value.intValue),
    ]),
  );
}
