import { topPredictions } from '../../runtime/top-predictions.js';
import type { InferResponseJson, ResponseOutput } from './infer-schema.js';
import type { RequestedOutput } from './requested-outputs.js';

/** What an inference came to, and for whom. */
export interface InferAnswer {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly labels: readonly string[];
  readonly id: string | undefined;
  readonly outputs: readonly RequestedOutput[];
  /** float32 [labels] of each row */
  readonly rows: readonly Float32Array[];
}

export type EncodedAnswer =
  | { readonly kind: 'json'; readonly body: string }
  /** A JSON document of `headerLength` bytes, and the tensors behind it. */
  | { readonly kind: 'binary'; readonly headerLength: number; readonly body: Buffer };

interface EncodedOutput {
  readonly output: ResponseOutput;
  /** Little-endian; undefined where the output is in the document. */
  readonly binary: Uint8Array | undefined;
}

export function encodeInferAnswer(answer: InferAnswer): EncodedAnswer {
  const encoded = answer.outputs.map((output) => encodeOutput(output, answer));
  const response: InferResponseJson = {
    model_name: answer.modelName,
    model_version: answer.modelVersion,
    ...(answer.id !== undefined && { id: answer.id }),
    outputs: encoded.map(({ output }) => output),
  };
  const document = JSON.stringify(response);
  const tensors = encoded.flatMap(({ binary }) => binary ?? []);
  if (tensors.length === 0) return { kind: 'json', body: document };
  const header = Buffer.from(document);
  return { kind: 'binary', headerLength: header.length, body: Buffer.concat([header, ...tensors]) };
}

function encodeOutput(requested: RequestedOutput, { rows, labels }: InferAnswer): EncodedOutput {
  const { tensor, encoding, content } = requested;
  const { name, datatype, dims } = tensor;
  if (content.kind === 'tensor') {
    const described: ResponseOutput = { name, datatype, shape: [rows.length, ...dims] };
    const values = join(rows);
    if (encoding === 'json') return inDocument(described, Array.from(values));
    return behindDocument(described, new Uint8Array(values.buffer));
  }
  const count = Math.min(content.count, labels.length);
  const classes = rows.flatMap((row) => classesOf(row, labels, count));
  const described: ResponseOutput = { name, datatype: 'BYTES', shape: [rows.length, count] };
  return encoding === 'json'
    ? inDocument(described, classes)
    : behindDocument(described, bytesTensor(classes));
}

function inDocument(described: ResponseOutput, data: number[] | string[]): EncodedOutput {
  return { output: { ...described, data }, binary: undefined };
}

function behindDocument(described: ResponseOutput, binary: Uint8Array): EncodedOutput {
  return { output: { ...described, parameters: { binary_data_size: binary.length } }, binary };
}

function join(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * size);
  for (const [row, part] of rows.entries()) values.set(part, row * size);
  return values;
}

/** `value:index:label`, the highest first; the value with six decimals, as Triton writes it. */
function classesOf(row: Float32Array, labels: readonly string[], count: number): string[] {
  return topPredictions(row, labels, count).map(
    ({ probability, index, label }) => `${probability.toFixed(6)}:${index}:${label}`,
  );
}

/** Each element as its length, uint32, and its UTF-8 bytes. */
function bytesTensor(elements: readonly string[]): Uint8Array {
  return Buffer.concat(
    elements.flatMap((element) => {
      const bytes = Buffer.from(element);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
