import { access } from 'node:fs/promises';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import files from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { KilnError } from '../errors/errors.js';

const self = ["'self'"];

/**
 * The page at `/`, from a folder. It is isolated (COOP, COEP), which WebAssembly threads need, and may load
 * and ask nothing but this service.
 *
 * @throws KilnError PAGE_NOT_FOUND for a folder without index.html
 */
export const page: FastifyPluginAsync<{ folder: string }> = async (app, { folder }) => {
  await assertPage(folder);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: self,
        scriptSrc: [...self, "'wasm-unsafe-eval'"],
        workerSrc: self,
        connectSrc: self,
        imgSrc: [...self, 'blob:', 'data:'],
        styleSrc: self,
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: self,
        frameAncestors: ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    strictTransportSecurity: false, // plain HTTP; a proxy in front that speaks TLS decides for itself
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
