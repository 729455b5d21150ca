import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

/** Where `tinyModel` answers. */
export const inferUrl = '/v2/models/tiny/infer';

interface TensorInDocument {
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
  readonly datatype?: string;
}

/** A request with its tensor in the document. */
export function inDocument({ shape, data, datatype = 'UINT8' }: TensorInDocument) {
  return { inputs: [{ name: 'images', shape, datatype, data }] };
}

/** A body with its tensor behind the document, and the length of the document. */
export function binaryBody(
  shape: readonly number[],
  bytes: Uint8Array,
  datatype = 'UINT8',
  more: object = {},
): [body: Buffer, headerLength: string] {
  const parameters = { binary_data_size: bytes.length };
  const document = Buffer.from(
    JSON.stringify({ inputs: [{ name: 'images', shape, datatype, parameters }], ...more }),
  );
  return [Buffer.concat([document, bytes]), String(document.length)];
}

/** Row-major elements as nested lists. */
export function nested(elements: ArrayLike<number>, [size = 0, ...inner]: readonly number[]): unknown[] {
  const stride = elements.length / size;
  return Array.from({ length: size }, (_, index) => {
    const part = Array.from(elements).slice(index * stride, (index + 1) * stride);
    return inner.length === 0 ? part[0] : nested(part, inner);
  });
}

export function postJson(app: FastifyInstance, url: string, body: object): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url, payload: body });
}

export function postBinary(
  app: FastifyInstance,
  [payload, headerLength]: readonly [Buffer, string],
  headers: Readonly<Record<string, string>> = {},
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url: inferUrl,
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': headerLength,
      ...headers,
    },
    payload,
  });
}

interface BinaryAnswer {
  readonly document: {
    readonly id?: string;
    readonly outputs: readonly {
      readonly shape: readonly number[];
      readonly datatype: string;
      readonly parameters: { readonly binary_data_size: number };
    }[];
  };
  readonly tensors: Buffer;
}

/** The document of a binary answer, and what stands behind it. */
export function binaryAnswer(response: LightMyRequestResponse): BinaryAnswer {
  const length = Number(response.headers['inference-header-content-length']);
  return {
    document: JSON.parse(response.rawPayload.toString('utf8', 0, length)),
    tensors: response.rawPayload.subarray(length),
  };
}

/** Little-endian float32, any alignment. */
export function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
