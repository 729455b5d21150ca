import { access, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import files from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { KilnError } from '../errors/errors.js';
import { webBuildFiles } from '../runtime/web-build-files.js';
import { isHeld } from './if-none-match.js';
import { filesOf, integritiesOf } from './page-files.js';

/**
 * It is isolated, which WebAssembly threads need, may load and ask nothing but this service, and use the camera, but
 * neither microphone, screen nor place.
 */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "img-src 'self' blob: data:",
    "style-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join(';'),
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(self), display-capture=(), geolocation=(), microphone=()',
};

const workerScript = 'service-worker.js';

/**
 * The page at `/`, from a folder, and ONNX Runtime for it below `/ort/`; everyone may load them.
 *
 * Files are told apart by what they hold: a package's are all of one date. Those in `chunks/` have names that change with
 * it, and need not be asked for again.
 *
 * @throws KilnError PAGE_NOT_FOUND for a folder without index.html, FILE_NOT_FOUND without onnxruntime-web
 */
export const page: FastifyPluginAsync<{ folder: string }> = async (app, { folder }) => {
  await assertPage(folder);
  const { [workerScript]: worker, ...own } = await filesOf(folder);
  const runtime = [...(await webBuildFiles('wasm'))].map(([name, path]) => [`ort/${name}`, path] as const);
  // A page of one's own may bring its own runtime.
  const all = { ...Object.fromEntries(runtime), ...own };
  let known: ReturnType<typeof integritiesOf> | undefined;
  const integrities = () => {
    known ??= integritiesOf(all); // with the first visit: reading all of 15 MB would hold up the start
    return known;
  };

  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, open: true };
  });
  app.addHook('onRequest', async (request, reply) => {
    const name = request.routeOptions.url?.slice(app.prefix.length + 1) || 'index.html';
    const lasting = name.startsWith('chunks/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    void reply.headers(pageHeaders).header('cache-control', lasting);
    const integrity = (await integrities())[name];
    if (integrity === undefined) return undefined;
    const etag = `"${integrity}"`;
    void reply.header('etag', etag);
    return isHeld(request.headers['if-none-match'], etag) ? reply.code(304).send() : undefined;
  });
  const asTheyAre = { etag: false, lastModified: false, cacheControl: false };
  await app.register(files, { root: folder, wildcard: false, globIgnore: [workerScript], ...asTheyAre });
  const hidden = { schema: { hide: true } };
  for (const [name, path] of runtime) {
    if (name in own) continue;
    app.get(`/${name}`, hidden, (_request, reply) => reply.sendFile(basename(path), dirname(path)));
  }
  if (worker === undefined) return;
  app.get(`/${workerScript}`, hidden, async (_request, reply) => {
    const script = await readFile(worker, 'utf8');
    return reply.type('text/javascript').send(`${listFor(await integrities())}\n${script}`);
  });
};

/** Tells the page's service worker what to keep. A changed file changes its script, by which browsers know. */
function listFor(integrities: Readonly<Record<string, string>>): string {
  const kept = Object.entries(integrities).filter(([name]) => !name.endsWith('.map'));
  return `const pageFiles = ${JSON.stringify(Object.fromEntries(kept))};`;
}

async function assertPage(folder: string): Promise<void> {
  try {
    await access(join(folder, 'index.html'));
  } catch (cause) {
    throw new KilnError('PAGE_NOT_FOUND', { expected: `index.html in ${folder}`, received: 'none', cause });
  }
}
