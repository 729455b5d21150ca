import { setTimeout as sleep } from 'node:timers/promises';
import { Check } from 'typebox/value';
import { type ErrorCode, errorTable, KilnError } from '../errors/errors.js';
import { pictureError } from './classify-result.js';

/** How often a busy service, or one whose connection broke, is asked; how long an answer and a pause may take. */
const patience = { busy: 10, broken: 3, answerMs: 120_000, pauseMs: 60_000 } as const;

/** Asks a route: GET, or POST where there is a body. @returns what was answered, refusals included, as JSON */
export type Ask = (path: string, query: Record<string, string>, body?: FormData) => Promise<unknown>;

/**
 * Requests to one service. One that has no room (429, 503) is asked again when it says so; the same goes for a
 * connection that breaks, since nothing that is asked here changes anything.
 *
 * @throws KilnError OPTION_INVALID for no address; SERVICE_UNUSABLE, when asked, for none that answers in JSON
 */
export function requestsTo(address: string, apiKey: string | undefined): Ask {
  if (!URL.canParse(address)) {
    throw new KilnError('OPTION_INVALID', { expected: 'the address of a service', received: address });
  }
  const base = new URL(address.endsWith('/') ? address : `${address}/`);
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return async (path, query, body) => {
    const url = new URL(`${path}?${new URLSearchParams(query)}`, base);
    for (let busy = 1, broken = 1; ; ) {
      const response = await exchange(url, {
        ...(body && { method: 'POST', body }),
        headers,
        redirect: 'error', // it could lead the key elsewhere
        signal: AbortSignal.timeout(patience.answerMs),
      }).catch((cause: unknown) => {
        // At the first question nobody need be there at all.
        if (broken === patience.broken || body === undefined) throw unusable(address, reasonOf(cause), cause);
        broken += 1;
        return undefined;
      });
      const hasRoom = response?.status !== 503 && response?.status !== 429;
      if (response !== undefined && (hasRoom || busy === patience.busy)) return jsonOf(address, response);
      if (!hasRoom) busy += 1;
      await sleep(pauseOf(response?.headers.get('retry-after')));
    }
  };
}

interface WholeResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The connection may break in the middle of an answer as well. */
async function exchange(url: URL, request: RequestInit): Promise<WholeResponse> {
  const response = await fetch(url, request);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The service's own refusal, or that it is none of kiln's. */
export function refusal(answer: unknown, address: string): KilnError {
  if (!Check(pictureError, answer)) return unusable(address, JSON.stringify(answer).slice(0, 80));
  const known = Object.hasOwn(errorTable, answer.code);
  if (known) return new KilnError(answer.code as ErrorCode, answer);
  return unusable(address, `${answer.code}: ${answer.message}`);
}

function jsonOf(address: string, { status, headers, text }: WholeResponse): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(address, `HTTP ${status} ${headers.get('content-type') ?? ''}`, cause);
  }
}

/** Retry-After is a number of seconds or a date; a second where there is none. In ms. */
function pauseOf(retryAfter: string | null | undefined): number {
  const value = retryAfter ?? '1';
  const ms = /^\d+$/.test(value) ? 1000 * Number(value) : Date.parse(value) - Date.now();
  return Math.min(Math.max(Number.isNaN(ms) ? 1000 : ms, 0), patience.pauseMs);
}

/** fetch says no more than that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}

function unusable(address: string, received: string, cause?: unknown): KilnError {
  return new KilnError('SERVICE_UNUSABLE', { expected: `a kiln service at ${address}`, received, cause });
}
