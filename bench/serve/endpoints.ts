import Type from 'typebox';
import Value from 'typebox/value';
import { tensorNames } from '../../runtime/classifier.js';
import type { HttpRequests } from './generators/load.js';
import type { BenchPictures } from './pictures.js';

/** A way to ask a service about the benchmark's pictures. */
export interface Endpoint {
  readonly requests: HttpRequests;
  /** The index of the most probable label of each picture that was asked about. */
  readonly read: (answer: Response) => Promise<readonly number[]>;
}

const classification = Type.Object({
  results: Type.Array(Type.Object({ predictions: Type.Array(Type.Object({ index: Type.Integer() })) })),
});

async function readClassification(answer: Response): Promise<number[]> {
  const { results } = Value.Parse(classification, await answer.json());
  return results.map(({ predictions }) => predictions[0]!.index);
}

/** `POST /classify` with the PNG itself as the body. */
export function pngEndpoint({ pngs }: BenchPictures): Endpoint {
  return {
    requests: { path: '/classify', headers: { 'content-type': 'image/png' }, bodies: pngs, pictures: 1 },
    read: readClassification,
  };
}

/** `POST /classify` with a form of one file. */
export function multipartEndpoint({ pngs }: BenchPictures): Endpoint {
  const boundary = 'kiln-bench';
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="images"; filename="picture.png"\r\ncontent-type: image/png\r\n\r\n`;
  return {
    requests: {
      path: '/classify',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      bodies: pngs.map((png) =>
        Buffer.concat([Buffer.from(head), png, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      ),
      pictures: 1,
    },
    read: readClassification,
  };
}

const lengthHeader = 'inference-header-content-length';

interface TensorOptions {
  readonly model: string;
  /** Pictures of one request. */
  readonly batch: number;
}

/** The Open Inference Protocol's infer with binary tensors both ways: uint8 frames there, float32 probabilities back. */
export function tensorEndpoint(pictures: BenchPictures, { model, batch }: TensorOptions): Endpoint {
  const { frames, count, height, width } = pictures;
  const bytes = batch * height * width * 3;
  const head = JSON.stringify({
    inputs: [
      {
        name: tensorNames.images,
        shape: [batch, height, width, 3],
        datatype: 'UINT8',
        parameters: { binary_data_size: bytes },
      },
    ],
    outputs: [{ name: tensorNames.probabilities, parameters: { binary_data: true } }],
  });
  return {
    requests: {
      path: `/v2/models/${model}/infer`,
      headers: { 'content-type': 'application/octet-stream', [lengthHeader]: String(head.length) },
      bodies: Array.from({ length: Math.floor(count / batch) }, (_, index) =>
        Buffer.concat([Buffer.from(head), frames.subarray(index * bytes, (index + 1) * bytes)]),
      ),
      pictures: batch,
    },
    read: readTensor,
  };
}

const inferHead = Type.Object({
  outputs: Type.Array(
    Type.Object({ name: Type.String(), datatype: Type.Literal('FP32'), shape: Type.Array(Type.Integer()) }),
    { minItems: 1, maxItems: 1 },
  ),
});

/** Reads an answer whose one output, float32 [batch, labels], stands behind the document. */
export async function readTensor(answer: Response): Promise<number[]> {
  const length = Number(answer.headers.get(lengthHeader));
  const body = await answer.arrayBuffer();
  const head: unknown = JSON.parse(Buffer.from(body, 0, length).toString());
  const [output] = Value.Parse(inferHead, head).outputs;
  const values = new Float32Array(body.slice(length));
  const labels = output!.shape.at(-1)!;
  return Array.from({ length: values.length / labels }, (_, row) =>
    mostProbable(values.subarray(row * labels, (row + 1) * labels)),
  );
}

/** The index of the largest value, the first of equals. */
export function mostProbable(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
