import { KilnClient, ServiceError } from '../clients/http/client.js';
import { type ErrorCode, errorTable, KilnError } from '../errors/errors.js';

/** How often a service that is busy, or whose connection broke, is asked again; how long a call may take in all. */
const patience = { retries: 9, timeoutMs: 300_000 } as const;

/** @throws KilnError OPTION_INVALID for no address, or for a key that no header can hold */
export function clientOf(address: string, apiKey: string | undefined): KilnClient {
  if (!URL.canParse(address)) {
    throw new KilnError('OPTION_INVALID', { expected: 'the address of a service', received: address });
  }
  try {
    return new KilnClient(address, { ...patience, apiKey, fetch: fetchHere });
  } catch (cause) {
    throw new KilnError('OPTION_INVALID', { expected: 'an API key', received: 'another text', cause });
  }
}

/** A redirection could lead the pictures elsewhere. */
const fetchHere: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'error' });

/** Whether the service itself refuses, in a code of this version or of a later one. */
export const isRefusal = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && !error.code.startsWith('SERVICE_');

/** What a call failed by, in kiln's own words. */
export function asKilnError(error: unknown, address: string): unknown {
  if (!(error instanceof ServiceError)) return error;
  const { code, message, expected, received } = error;
  if (isTabled(code)) return new KilnError(code, { message, expected, received, cause: error });
  return unusable(address, isRefusal(error) ? `${code}: ${message}` : received, error);
}

const isTabled = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

export const unusable = (address: string, received: string, cause?: unknown): KilnError =>
  new KilnError('SERVICE_UNUSABLE', { expected: `a kiln service at ${address}`, received, cause });
