import { type CachedModel, readCache, writeCache } from './model-cache.js';
import { ClassifierError, isProblem } from './problem.js';
import { sha256 } from './sha256.js';

export interface ModelRequest {
  /** Absolute. */
  readonly modelUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** sha256 (hex) that the file must have; undefined where any will do. */
  readonly digest: string | undefined;
}

export type OnProgress = (received: number, total: number | undefined) => void;

/**
 * The model file and its sha256. A file of the wanted digest that an earlier visit left is taken without asking anybody;
 * without a digest the server is asked whether the kept file is still current, and if it cannot be reached, or fails, the
 * kept one is taken.
 *
 * @throws ClassifierError MODEL_UNREACHABLE, MODEL_DIGEST_MISMATCH, or the report with which the server answered
 */
export async function fetchModel(request: ModelRequest, onProgress: OnProgress): Promise<CachedModel> {
  const { modelUrl, digest } = request;
  const kept = await usable(await readCache(modelUrl), digest);
  if (kept !== undefined && digest !== undefined) return kept;
  const response = await ask(request, kept).catch(() => undefined);
  const isAnswer = response !== undefined && response.status < 500 && response.status !== 304;
  if (kept !== undefined && !isAnswer) return kept;
  if (response === undefined || !response.ok || response.body === null) throw await unreachable(response);
  const bytes = await download(response, response.body, onProgress);
  const computed = await sha256(bytes);
  if (digest !== undefined && computed !== digest) {
    throw new ClassifierError({
      code: 'MODEL_DIGEST_MISMATCH',
      message: 'The model file is not the one that was announced, so it is not run here.',
      expected: `sha256 ${digest}`,
      received: `sha256 ${computed}`,
    });
  }
  const model = { bytes, digest: computed, etag: response.headers.get('etag') ?? undefined };
  await writeCache(modelUrl, model);
  return model;
}

/** Whole, and the one that is wanted. */
async function usable(
  kept: CachedModel | undefined,
  digest: string | undefined,
): Promise<CachedModel | undefined> {
  if (kept === undefined || (digest !== undefined && kept.digest !== digest)) return undefined;
  return (await sha256(kept.bytes)) === kept.digest ? kept : undefined;
}

function ask({ modelUrl, headers }: ModelRequest, kept: CachedModel | undefined): Promise<Response> {
  // Another origin would have to allow this header; there the browser's own cache revalidates.
  if (kept?.etag !== undefined && new URL(modelUrl).origin === self.location.origin)
    return fetch(modelUrl, { headers: { ...headers, 'if-none-match': kept.etag } });
  return fetch(modelUrl, { headers, cache: 'no-cache' });
}

async function unreachable(response: Response | undefined): Promise<ClassifierError> {
  const report: unknown = await response?.json().catch(() => undefined);
  if (isProblem(report)) return new ClassifierError(report);
  return new ClassifierError({
    code: 'MODEL_UNREACHABLE',
    message: 'The model file could not be fetched.',
    expected: 'the ONNX file',
    received: response === undefined ? 'no answer' : `status ${response.status}`,
  });
}

async function download(
  { headers }: Response,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onProgress: OnProgress,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = Number(headers.get('content-length'));
  const total = length > 0 && !headers.has('content-encoding') ? length : undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    received += part.value.length;
    onProgress(received, total);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
