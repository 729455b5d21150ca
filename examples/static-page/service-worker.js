// Keeps the page for visits without its server, from the first visit on. The model is not among the files: kiln keeps it
// by itself. A page that is to run on WebGPU without its server names the two files of that build as well.
const files = [
  './',
  'page.js',
  'kiln/index.js',
  'kiln/classifier-worker.js',
  'kiln/onnxruntime-web/ort.wasm.bundle.min.mjs',
  'kiln/onnxruntime-web/ort-wasm-simd-threaded.wasm',
];

const openCache = () => caches.open('page');

self.addEventListener('install', (event) => {
  event.waitUntil(openCache().then((cache) => cache.addAll(files)));
});

self.addEventListener('fetch', (event) => {
  if (event.request.method === 'GET') event.respondWith(answer(event.request));
});

/** The server's file, which takes the place of the kept one; the kept one where there is no server. */
async function answer(request) {
  const cache = await openCache();
  const kept = await cache.match(request);
  try {
    const response = await fetch(request);
    if (kept !== undefined && response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
}
