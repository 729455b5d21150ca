import { ClassifierError } from './problem.js';

/** @throws ClassifierError CONTEXT_INSECURE where Web Crypto, Cache Storage and threads are missing */
export function requireSecureContext(): void {
  if (isSecureContext) return;
  throw new ClassifierError({
    code: 'CONTEXT_INSECURE',
    message: 'The model cannot be checked in this tab, so it is not run here.',
    expected: 'https, or an address of this machine such as http://localhost',
    received: location.origin,
  });
}

/** Threads need shared memory, which only a cross-origin isolated page gets; half of the cores stay for the rest. */
export const threadsHere = (): number =>
  crossOriginIsolated ? Math.max(1, Math.min(4, Math.ceil(navigator.hardwareConcurrency / 2))) : 1;

/** A folder's absolute address, with a slash at its end. */
export function folderUrl(folder: string | URL): string {
  const { href } = new URL(folder, document.baseURI);
  return href.endsWith('/') ? href : `${href}/`;
}
