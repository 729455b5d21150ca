import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { KilnError } from '../errors/errors.js';
import { asKilnError } from './errors.js';
import type { Settings } from './settings/settings.js';

/** What a request may be at most; defaults and descriptions are those of settings/settings.ts. */
export type UploadLimits = Settings['limits'];

/** One picture of a request: its bytes, or why it is refused before decoding. */
export type Upload =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly error: KilnError };

/** Names the only picture of a raw body. */
const rawName = 'image';

/**
 * The pictures of a request: every file of a multipart body, or the raw body.
 *
 * @throws KilnError IMAGE_MISSING, REQUEST_TOO_LARGE (too many files or bytes), REQUEST_INVALID
 */
export async function readUploads(request: FastifyRequest, limits: UploadLimits): Promise<Upload[]> {
  const uploads = await (request.isMultipart() ? readMultipart(request, limits) : readRaw(request));
  if (uploads.length > 0) return uploads;
  throw new KilnError('IMAGE_MISSING', {
    expected: 'a picture as the body, or as a file of a multipart/form-data body',
    received: request.isMultipart() ? 'a form without a file' : 'no body',
  });
}

function readRaw(request: FastifyRequest): Upload[] {
  return request.body instanceof Uint8Array ? [{ name: rawName, bytes: request.body }] : [];
}

async function readMultipart(request: FastifyRequest, limits: UploadLimits): Promise<Upload[]> {
  const uploads: Upload[] = [];
  let total = 0;
  try {
    for await (const file of request.files()) {
      const upload = await readFile(file, limits);
      total += 'bytes' in upload ? upload.bytes.length : 0;
      if (total > limits.requestBytes) throw tooLarge(`at most ${limits.requestBytes} bytes`, 'more');
      uploads.push(upload);
    }
  } catch (error) {
    throw asMultipartError(error);
  }
  return uploads;
}

async function readFile(file: MultipartFile, limits: UploadLimits): Promise<Upload> {
  const name = file.filename || file.fieldname;
  const bytes = await file.toBuffer();
  if (!file.file.truncated) return { name, bytes };
  return { name, error: tooLarge(`a picture of at most ${limits.fileBytes} bytes`, 'more') };
}

/** The parser's own errors carry no status. */
function asMultipartError(error: unknown): KilnError {
  const known = asKilnError(error);
  if (known.code !== 'INTERNAL') return known;
  return new KilnError('REQUEST_INVALID', {
    expected: 'a whole multipart/form-data body',
    received: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

function tooLarge(expected: string, received: string): KilnError {
  return new KilnError('REQUEST_TOO_LARGE', { expected, received });
}
