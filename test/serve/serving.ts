import type { TestContext } from 'node:test';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { ErrorReport } from '../../errors/errors.js';
import { type InferencePool, openPool } from '../../runtime/worker-pool.js';
import { type AppOptions, buildApp } from '../../serve/app.js';
import type { Classification } from '../../serve/classify.js';
import { tinyModel } from '../fixtures/model.js';

interface AppSetUp extends Partial<AppOptions> {
  /** Default 1. */
  readonly workers?: number;
}

/** An app on real workers. */
export async function startApp(options: AppSetUp = {}) {
  const { workers = 1, source = tinyModel(), ...rest } = options;
  const pool = await openPool({ devices: ['cpu'], workers, threadsPerWorker: 1 });
  const { app, models } = await buildApp({ logLevel: 'silent', source, pool, ...rest });
  return {
    app,
    models,
    close: async () => {
      await app.close();
      await pool.close();
    },
  };
}

/** An app on real workers that is closed with its test. */
export async function openApp(t: TestContext, options: AppSetUp = {}): Promise<FastifyInstance> {
  const { app, close } = await startApp(options);
  t.after(close);
  return app;
}

/** An app whose batches the test ends, or whose pool it gives. */
export async function openAppOn(
  t: TestContext,
  pool: InferencePool,
  options: Partial<AppOptions> = {},
): Promise<FastifyInstance> {
  const { app } = await buildApp({ logLevel: 'silent', source: tinyModel(), pool, ...options });
  t.after(() => app.close());
  return app;
}

export function post(
  app: FastifyInstance,
  bytes: Uint8Array,
  { type = 'image/png', top = '' } = {},
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url: `/classify${top && `?top=${top}`}`,
    headers: { 'content-type': type },
    payload: Buffer.from(bytes),
  });
}

/** A form with each file under the field `images`. */
export async function form(files: Readonly<Record<string, Uint8Array>>) {
  const data = new FormData();
  for (const [name, bytes] of Object.entries(files))
    data.append('images', new Blob([Buffer.from(bytes)]), name);
  const encoded = new Response(data);
  return {
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  };
}

export async function postForm(
  app: FastifyInstance,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url: '/classify', ...(await form(files)) });
}

type Refusal = ErrorReport & Partial<Classification>;

export const answerOf = (response: LightMyRequestResponse) => response.json<Classification>();
export const refusalOf = (response: LightMyRequestResponse) => response.json<Refusal>();
