declare const self: ServiceWorkerGlobalScope;

/**
 * The page's files by their addresses from here, each with what it holds (`sha256-…`). The service writes it in front of
 * this script (serve/page.ts): where a file is another one, so is the script, and the browser installs it anew.
 */
declare const pageFiles: Readonly<Record<string, string>>;

const scope = new URL('./', self.location.href);

/** One for each kiln of an origin. */
const cacheName = `onnx-kiln-page ${scope.pathname}`;

/** A file is kept under its address and what it holds, so that those of two versions lie side by side. */
const keyOf = (name: string): string =>
  `${new URL(name, scope).href}?${encodeURIComponent(pageFiles[name]!)}`;

/** Keeps the files that are not kept yet; all of them are those of one version, or none is used. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(cacheName);
  for (const [name, integrity] of Object.entries(pageFiles)) {
    if ((await cache.match(keyOf(name), anyVary)) !== undefined) continue;
    const response = await fetch(new URL(name, scope), { cache: 'no-cache', integrity });
    if (!response.ok || response.redirected) throw new TypeError(`${name}: status ${response.status}`);
    await cache.put(keyOf(name), response);
  }
}

/** The service's answers differ by nothing that a browser sends. */
const anyVary = { ignoreVary: true };

async function dropOldFiles(): Promise<void> {
  const cache = await caches.open(cacheName);
  const keys = new Set(Object.keys(pageFiles).map(keyOf));
  for (const request of await cache.keys()) if (!keys.has(request.url)) await cache.delete(request);
}

/** Which of the page's files is asked for; undefined for all that the service answers by itself. */
function fileOf({ method, url }: Request): string | undefined {
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== scope.origin || !pathname.startsWith(scope.pathname)) return undefined;
  const name = pathname.slice(scope.pathname.length) || 'index.html';
  return Object.hasOwn(pageFiles, name) ? name : undefined;
}

const kept = async (name: string): Promise<Response | undefined> =>
  (await caches.open(cacheName)).match(keyOf(name), anyVary);

/** The service's file is the newer one; the kept one stands in where neither it nor a proxy's page of errors will do. */
async function fromService(request: Request, name: string): Promise<Response> {
  try {
    const response = await fetch(request);
    return (response.status >= 500 && (await kept(name))) || response;
  } catch (error) {
    const response = await kept(name);
    if (response !== undefined) return response;
    throw error;
  }
}

/** Files in `chunks/` have names that change with what they hold. */
async function answer(request: Request, name: string): Promise<Response> {
  if (!name.startsWith('chunks/')) return fromService(request, name);
  return (await kept(name)) ?? fetch(request);
}

self.addEventListener('install', (event) => {
  event.waitUntil(keepFiles().then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldFiles().then(() => self.clients.claim()));
});
self.addEventListener('fetch', (event) => {
  const name = fileOf(event.request);
  if (name !== undefined) event.respondWith(answer(event.request, name));
});
