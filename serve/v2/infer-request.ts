import { Compile } from 'typebox/compile';
import { KilnError } from '../../errors/errors.js';
import type { ClassifierMetadata } from '../../runtime/metadata.js';
import { extractFlatIntegers } from './flat-integers.js';
import { type InferRequestJson, inferRequest } from './infer-schema.js';
import { parseJson } from './json-body.js';
import { assertElements, pixelsOfFloats, pixelsOfJson } from './pixels.js';
import { countOf, type RequestedOutput, refuseSharedMemory, requestedOutputs } from './requested-outputs.js';
import { elementsOf, type TensorSpec, tensorsOf } from './tensors.js';

export interface InferRequest {
  readonly id: string | undefined;
  /** How long it may wait until it runs, in ms. */
  readonly timeoutMs: number | undefined;
  /** uint8 frames [height, width, 3], views of one buffer. */
  readonly frames: readonly Uint8Array[];
  readonly outputs: readonly RequestedOutput[];
}

type InputTensor = InferRequestJson['inputs'][number];

const validator = Compile(inferRequest);

/** Documents up to this size are parsed in less time than a large list in them would save. */
const smallDocument = 4096;

/**
 * Reads the body of an inference request: a JSON document, and behind it the contents of the tensors that are not in
 * it (extension `binary_tensor_data`).
 *
 * @param headerLength the header Inference-Header-Content-Length: bytes of the document, default all; `0`: the body is
 *   one row of the model's input and nothing else
 * @param mostRows of one request
 * @throws KilnError REQUEST_INVALID
 */
export function readInferRequest(
  body: Buffer,
  headerLength: string | undefined,
  metadata: ClassifierMetadata,
  mostRows: number,
): InferRequest {
  const { input, output } = tensorsOf(metadata);
  const length = documentLength(body, headerLength);
  if (length === 0) return rawRequest(body, input, output);
  const { request, flat } = parse(body.subarray(0, length));
  const tensor = onlyInput(request, input);
  const rows = rowsOf(tensor, input, mostRows);
  const pixels = contentsOf(tensor, flat, body.subarray(length));
  const microseconds = countOf(request.parameters, 'timeout') ?? 0;
  return {
    id: request.id,
    timeoutMs: microseconds === 0 ? undefined : microseconds / 1000,
    frames: divide(pixels, rows),
    outputs: requestedOutputs(request, [output]),
  };
}

function documentLength(body: Buffer, headerLength: string | undefined): number {
  if (headerLength === undefined) return body.length;
  const length = Number(headerLength);
  if (/^\d+$/.test(headerLength) && length <= body.length) return length;
  throw new KilnError('REQUEST_INVALID', {
    expected: `inference-header-content-length within the ${body.length} bytes of the body`,
    received: headerLength,
  });
}

function rawRequest(body: Buffer, input: TensorSpec, output: TensorSpec): InferRequest {
  assertSize(body.length, elementsOf(input), `one ${input.datatype} [${input.dims.join(', ')}]`);
  return {
    id: undefined,
    timeoutMs: undefined,
    frames: [body],
    outputs: [{ tensor: output, encoding: 'binary', content: { kind: 'tensor' } }],
  };
}

/** The document, and its input's contents where they were read apart; then `data` is null. */
function parse(document: Buffer): { request: InferRequestJson; flat: Uint8Array | undefined } {
  const large = document.length > smallDocument ? extractFlatIntegers(document) : undefined;
  if (large !== undefined) {
    const request = parseJson(large.rest, validator);
    // Elsewhere the list was another member's.
    if (request.inputs[0]?.data === null) return { request, flat: large.values };
  }
  return { request: parseJson(document.toString(), validator), flat: undefined };
}

function onlyInput({ inputs }: InferRequestJson, { name }: TensorSpec): InputTensor {
  const [tensor] = inputs;
  if (tensor?.name === name && inputs.length === 1) return tensor;
  throw new KilnError('REQUEST_INVALID', {
    expected: `one input ${name}`,
    received: inputs.length === 0 ? 'none' : inputs.map((input) => input.name).join(', '),
  });
}

function rowsOf({ shape }: InputTensor, { name, dims }: TensorSpec, most: number): number {
  const [rows = 0, ...others] = shape;
  const fits = others.length === dims.length && others.every((size, axis) => size === dims[axis]);
  if (fits && rows >= 1 && rows <= most) return rows;
  throw new KilnError('REQUEST_INVALID', {
    expected: `${name} of shape [n, ${dims.join(', ')}], n from 1 to ${most}`,
    received: `[${shape.join(', ')}]`,
  });
}

/** As many bytes as the tensor's shape has elements. */
function contentsOf(tensor: InputTensor, flat: Uint8Array | undefined, binary: Buffer): Uint8Array {
  const { name, datatype, shape, parameters, data } = tensor;
  refuseSharedMemory(parameters);
  if (datatype !== 'UINT8' && datatype !== 'FP32') {
    throw new KilnError('REQUEST_INVALID', {
      expected: `${name} of datatype UINT8, or FP32 with whole numbers`,
      received: datatype,
    });
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const announced = countOf(parameters, 'binary_data_size');
  if (announced !== undefined) {
    const [size, what] = [datatype === 'UINT8' ? count : 4 * count, `${datatype} [${shape.join(', ')}]`];
    assertSize(announced, size, `binary_data_size of ${what}`);
    assertSize(binary.length, size, `${what} behind the document`);
    return datatype === 'UINT8' ? binary : pixelsOfFloats(binary);
  }
  assertSize(binary.length, 0, 'nothing behind a document whose tensors have data');
  if (flat !== undefined) {
    assertElements(flat.length, count);
    return flat;
  }
  if (Array.isArray(data)) return pixelsOfJson(data, shape, datatype);
  throw new KilnError('REQUEST_INVALID', {
    expected: `data of ${count} elements in ${name}, or its binary_data_size`,
    received: 'neither',
  });
}

function divide(pixels: Uint8Array, rows: number): Uint8Array[] {
  const size = pixels.length / rows;
  return Array.from({ length: rows }, (_, row) => pixels.subarray(row * size, (row + 1) * size));
}

function assertSize(received: number, expected: number, what: string): void {
  if (received === expected) return;
  throw new KilnError('REQUEST_INVALID', {
    expected: `${what}: ${expected} bytes`,
    received: `${received} bytes`,
  });
}
