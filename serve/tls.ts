import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, Server } from 'node:tls';
import { KilnError } from '../errors/errors.js';
import type { Settings } from './settings/settings.js';

/** PEM texts: a certificate chain and its key. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

type TlsFiles = Partial<Pick<Settings, 'tlsCert' | 'tlsKey'>>;

/** How often the files are looked at for changes, in ms. */
const defaultIntervalMs = 10_000;

/**
 * What the service proves itself by; undefined where it speaks plain HTTP.
 *
 * @throws KilnError OPTION_INVALID for one file without the other and for files that do not make a pair;
 *   FILE_NOT_FOUND
 */
export async function readTls({ tlsCert, tlsKey }: TlsFiles): Promise<TlsIdentity | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new KilnError('OPTION_INVALID', {
      expected: 'both tlsCert and tlsKey',
      received: `only ${tlsCert === undefined ? 'tlsKey' : 'tlsCert'}`,
    });
  }
  const [cert, key] = await Promise.all([readPem('certificate', tlsCert), readPem('private key', tlsKey)]);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new KilnError('OPTION_INVALID', {
      expected: `a certificate in ${tlsCert} and its private key in ${tlsKey}`,
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  return { cert, key };
}

/**
 * Lets new connections have a renewed certificate. Files that do not make a pair, as while the second is not yet
 * written, leave the old one in place.
 *
 * @returns ends it
 */
export function followTls(
  server: unknown,
  files: TlsFiles,
  report: (error: unknown) => void,
  intervalMs = defaultIntervalMs,
): () => void {
  if (!(server instanceof Server)) return () => undefined;
  const renew = (): void => {
    readTls(files).then((identity) => identity && server.setSecureContext(identity), report);
  };
  const paths = [files.tlsCert, files.tlsKey].flatMap((path) => path ?? []);
  for (const path of paths) watchFile(path, { interval: intervalMs, persistent: false }, renew);
  return () => {
    for (const path of paths) unwatchFile(path, renew);
  };
}

async function readPem(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new KilnError('FILE_NOT_FOUND', {
      expected: `a ${what} at ${path}`,
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
