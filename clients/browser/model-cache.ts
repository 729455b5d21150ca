/** A model file that an earlier visit left, with what it takes to ask whether it is still the current one. */
export interface CachedModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** sha256 (hex) that the file had when it was put here. */
  readonly digest: string;
  readonly etag: string | undefined;
}

const name = 'onnx-kiln-models';
const digestHeader = 'x-kiln-digest';

/** Files kept an origin; beyond it the one stored first goes. An address that carries a digest changes with the model. */
const capacity = 4;

/** @returns undefined where nothing is kept, or where this browser keeps nothing (a private window, a full disk) */
export async function readCache(url: string): Promise<CachedModel | undefined> {
  try {
    const kept = await (await caches.open(name)).match(url);
    const digest = kept?.headers.get(digestHeader);
    if (kept === undefined || typeof digest !== 'string') return undefined;
    const bytes = new Uint8Array(await kept.arrayBuffer());
    return { bytes, digest, etag: kept.headers.get('etag') ?? undefined };
  } catch {
    return undefined;
  }
}

/** Keeps the file under its address, in place of an older one. A browser that refuses is no error: it downloads again. */
export async function writeCache(url: string, { bytes, digest, etag }: CachedModel): Promise<void> {
  const headers = { [digestHeader]: digest, ...(etag !== undefined && { etag }) };
  try {
    const cache = await caches.open(name);
    await cache.put(url, new Response(bytes, { headers }));
    const urls = await cache.keys(); // in the order in which they were put
    for (const old of urls.slice(0, Math.max(0, urls.length - capacity))) await cache.delete(old);
  } catch {
    // nothing depends on it
  }
}

/**
 * Address and sha256 (hex) of the file that was kept last among those whose address begins so; undefined where there is
 * none.
 */
export async function lastKept(beginning: string): Promise<{ url: string; digest: string } | undefined> {
  try {
    const cache = await caches.open(name);
    const request = (await cache.keys()).findLast(({ url }) => url.startsWith(beginning));
    const digest = request && (await cache.match(request))?.headers.get(digestHeader);
    return request && typeof digest === 'string' ? { url: request.url, digest } : undefined;
  } catch {
    return undefined;
  }
}
