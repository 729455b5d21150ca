import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KilnError } from '../../errors/errors.js';

/** Whatever the protocol's clients call a body; what it is the route knows. */
const mediaTypes: readonly (string | undefined)[] = [
  undefined,
  'application/json',
  'application/octet-stream',
  'application/x-www-form-urlencoded', // curl's default
];

/** `deflate` is zlib's format (RFC 9110, 8.4.1.2). */
const decompressors = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;

/**
 * The whole body, decompressed, of at most `limit` bytes before and after. A refusal closes the connection: what is still
 * on its way would have to be read first.
 *
 * @throws KilnError UNSUPPORTED_MEDIA_TYPE, REQUEST_TOO_LARGE, REQUEST_INVALID (cut off, or damaged when compressed)
 */
export async function readBody(request: FastifyRequest, reply: FastifyReply, limit: number): Promise<Buffer> {
  try {
    const decompress = decompressorOf(request);
    const received = await receive(request.raw, limit);
    return decompress === undefined ? received : await decompressed(received, decompress, limit);
  } catch (error) {
    void reply.header('connection', 'close');
    throw error;
  }
}

type Decompress = (typeof decompressors)[keyof typeof decompressors];

function decompressorOf({ headers }: FastifyRequest): Decompress | undefined {
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = headers;
  if (!mediaTypes.includes(type?.split(';', 1)[0]?.trim().toLowerCase())) {
    throw new KilnError('UNSUPPORTED_MEDIA_TYPE', {
      expected: 'content-type application/json or application/octet-stream',
      received: String(type),
    });
  }
  if (encoding === 'identity') return undefined;
  if (encoding === 'gzip' || encoding === 'deflate') return decompressors[encoding];
  throw new KilnError('UNSUPPORTED_MEDIA_TYPE', {
    expected: `content-encoding ${Object.keys(decompressors).join(' or ')}`,
    received: encoding,
  });
}

function receive(payload: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(payload.headers['content-length']);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    if (announced > limit) reject(tooLarge(limit, `${announced} bytes`));
    else if (payload.destroyed) reject(cutOff(received));
    else {
      const onData = (chunk: Buffer): void => {
        received += chunk.length;
        chunks.push(chunk);
        if (received <= limit) return;
        payload.off('data', onData).pause();
        reject(tooLarge(limit, 'more'));
      };
      payload.on('data', onData);
      payload.once('end', () => resolve(Buffer.concat(chunks, received)));
      payload.once('error', (cause) => reject(cutOff(received, cause)));
      payload.once('close', () => reject(cutOff(received)));
    }
  });
}

async function decompressed(bytes: Buffer, decompress: Decompress, limit: number): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: limit });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit, 'more when decompressed', cause);
    throw new KilnError('REQUEST_INVALID', {
      expected: 'a body compressed as content-encoding says',
      received: `${bytes.length} bytes that are not`,
      cause,
    });
  }
}

function tooLarge(limit: number, received: string, cause?: unknown): KilnError {
  return new KilnError('REQUEST_TOO_LARGE', { expected: `at most ${limit} bytes`, received, cause });
}

function cutOff(received: number, cause?: unknown): KilnError {
  return new KilnError('REQUEST_INVALID', {
    expected: 'a whole body',
    received: `${received} bytes, and then no more`,
    cause,
  });
}
