import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { browserFiles } from '../../cli/browser-files.js';

/** `onnx-kiln/browser` as bin/build.mjs puts it beside the compiled tests. */
export const libraryFolder = fileURLToPath(new URL('../../clients/browser/library/', import.meta.url));

/** All that a page with the library needs to be allowed. */
export const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self'";

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
};

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface StaticSite {
  readonly url: string;
  /** Paths asked for, with the status answered. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A server of files and nothing else: `/kiln/` is what `kiln browser` writes, other paths are looked up in `files`, then in `folder`. */
export async function startSite(options: {
  readonly headers?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, (headers: IncomingHttpHeaders) => Answer>>;
  readonly folder?: string;
}): Promise<StaticSite> {
  const asked: string[] = [];
  const library = await browserFiles();
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const answer = (status: number, headers: Readonly<Record<string, string | number>> = {}) => {
      asked.push(`${path} ${status}`);
      const type = types[extname(path === '/' ? 'index.html' : path)] ?? 'application/octet-stream';
      return response.writeHead(status, { 'content-type': type, ...options.headers, ...headers });
    };
    const own = options.files?.[path];
    if (own !== undefined) {
      const { status = 200, headers, body } = own(request.headers);
      answer(status, { ...headers, 'content-length': body?.length ?? 0 }).end(body);
      return;
    }
    const file =
      library.get(path.replace(/^\/kiln\//, '')) ??
      join(options.folder ?? libraryFolder, path === '/' ? 'index.html' : normalize(path));
    const found = await stat(file).catch(() => undefined);
    const lasting = { 'content-length': found?.size ?? 0, 'cache-control': 'max-age=3600' }; // compiled code is kept, too
    if (found?.isFile()) createReadStream(file).pipe(answer(200, lasting));
    else answer(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** What makes Chromium compute WebGPU on the processor. */
export const swiftShader = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
] as const;

export interface LibraryBrowser {
  /** A page of the site, with the library's exports as `kiln`. */
  open(site: Pick<StaticSite, 'url'>): Promise<Page>;
  /** Errors and warnings of the console, uncaught errors, violations of the policy. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** A browser with an empty profile. */
export async function startBrowser(flags: readonly string[] = ['--disable-gpu']): Promise<LibraryBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'kiln-library-'));
  const browser: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', ...flags],
  });
  const complaints: string[] = [];
  return {
    complaints,
    async open({ url }) {
      const page = await browser.newPage();
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(url);
      return page;
    },
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** A page that makes the library's exports global, for the tests' own scripts. */
export const emptyPage = {
  '/': () => ({
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><title>library</title><script type="module" src="start.js"></script>',
  }),
  '/favicon.ico': () => ({ status: 204 }),
  '/start.js': () => ({ body: "import * as kiln from './kiln/index.js';\nglobalThis.kiln = kiln;\n" }),
};
