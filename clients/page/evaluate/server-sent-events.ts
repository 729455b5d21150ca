/** One event of a stream; comments, ids and retry times are passed over. */
export interface ServerSentEvent {
  readonly name: string;
  readonly data: string;
}

/**
 * The events of an answer's body as they come (HTML standard, section 9.2.6). Instead of EventSource, which can send no
 * key. Leaving the loop ends the request.
 */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let unfinished = '';
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      unfinished += decoder.decode(part.value, { stream: true });
      const events = unfinished.split(/\r\n\r\n|\n\n|\r\r/);
      unfinished = events.pop() ?? '';
      for (const event of events) yield parse(event);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parse(text: string): ServerSentEvent {
  const fields = text.split(/\r\n|\n|\r/).map((line) => /^([^:]*):? ?(.*)$/.exec(line) ?? []);
  const valuesOf = (name: string) => fields.filter(([, field]) => field === name).map(([, , value]) => value);
  return { name: valuesOf('event').at(-1) ?? 'message', data: valuesOf('data').join('\n') };
}
