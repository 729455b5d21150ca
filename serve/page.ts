import { access } from 'node:fs/promises';
import { join } from 'node:path';
import files from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { KilnError } from '../errors/errors.js';

/** It is isolated, which WebAssembly threads need, and may load and ask nothing but this service. */
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
};

/**
 * The page at `/`, from a folder; everyone may load it.
 *
 * @throws KilnError PAGE_NOT_FOUND for a folder without index.html
 */
export const page: FastifyPluginAsync<{ folder: string }> = async (app, { folder }) => {
  await assertPage(folder);
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, open: true };
  });
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(pageHeaders);
    done();
  });
  await app.register(files, { root: folder, wildcard: false, decorateReply: false });
};

async function assertPage(folder: string): Promise<void> {
  try {
    await access(join(folder, 'index.html'));
  } catch (cause) {
    throw new KilnError('PAGE_NOT_FOUND', { expected: `index.html in ${folder}`, received: 'none', cause });
  }
}
