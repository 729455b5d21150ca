import { KilnError } from '../errors/errors.js';
import { decodeModel } from '../onnx/decode.js';
import {
  type ModelProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  type ValueInfoProto,
} from '../third_party/onnx/onnx_pb.js';
import { tensorNames } from './classifier.js';
import { type ClassifierMetadata, parseMetadata } from './metadata.js';

/** A checked kiln file: whole, of the expected interface, and with its metadata. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly metadata: ClassifierMetadata;
}

/**
 * Checks an ONNX file from end to end before a runtime sees it: whole, self-contained, input `images` uint8
 * [batch, height, width, 3], outputs `probabilities` and `logits` float32 [batch, labels], kiln's metadata.
 * Whether a runtime knows every operator in it shows only when a session is made.
 * @throws MODEL_INVALID for what is not a whole ONNX file or has another interface, MODEL_NOT_KILN for metadata
 */
export function openModelFile(bytes: Uint8Array): ModelFile {
  const model = decodeModel(bytes);
  checkSelfContained(model);
  const graph = model.graph;
  const initialized = new Set(graph?.initializer.map((tensor) => tensor.name));
  // Before IR version 4 initialisers stood among the inputs too; nobody feeds those.
  const inputs = (graph?.input ?? []).filter((input) => !initialized.has(input.name)).map(signature);
  const outputs = (graph?.output ?? []).map(signature);
  // A file with other inputs is better told that than that it lacks metadata, which it will lack as well.
  checkInterface(inputs, outputs, { height: '?', width: '?', labels: '?' });
  const metadata = parseMetadata(new Map(model.metadataProps.map(({ key, value }) => [key, value])));
  const { frame, labels } = metadata;
  checkInterface(inputs, outputs, {
    height: String(frame.height),
    width: String(frame.width),
    labels: String(labels.length),
  });
  return { bytes, metadata };
}

interface Signature {
  readonly name: string;
  readonly type: string;
  /** Sizes, and names of sizes. In what is expected `batch` stands for any name and `?` for any size. */
  readonly shape: readonly string[] | undefined;
}

/** The interface of every kiln file, with sizes or `?`. */
function checkInterface(
  inputs: readonly Signature[],
  outputs: readonly Signature[],
  sizes: { readonly height: string; readonly width: string; readonly labels: string },
): void {
  expect('input', inputs, [
    { name: tensorNames.images, type: 'uint8', shape: ['batch', sizes.height, sizes.width, '3'] },
  ]);
  expect('outputs', outputs, [
    { name: tensorNames.probabilities, type: 'float', shape: ['batch', sizes.labels] },
    { name: tensorNames.logits, type: 'float', shape: ['batch', sizes.labels] },
  ]);
}

function expect(
  what: 'input' | 'outputs',
  received: readonly Signature[],
  expected: readonly Signature[],
): void {
  const fits =
    received.length === expected.length &&
    expected.every((one) => received.some((other) => matches(other, one)));
  if (fits) return;
  throw new KilnError('MODEL_INVALID', {
    message: `The model has other ${what === 'input' ? 'inputs' : what} than a kiln file.`,
    expected: `${what} ${expected.map(print).join(' and ')}`,
    received: received.length === 0 ? 'none' : received.map(print).join(', '),
  });
}

function matches(received: Signature, expected: Signature): boolean {
  const { name, type, shape } = received;
  if (name !== expected.name || type !== expected.type || shape?.length !== expected.shape?.length)
    return false;
  return shape?.every((size, axis) => fitsSize(size, expected.shape?.[axis])) === true;
}

function fitsSize(size: string, expected: string | undefined): boolean {
  const known = /^\d+$/.test(size);
  if (expected === 'batch') return !known;
  return expected === '?' ? known : size === expected;
}

function print({ name, type, shape }: Signature): string {
  return `${name} ${type} [${shape?.join(', ') ?? 'unknown'}]`;
}

function signature(value: ValueInfoProto): Signature {
  const tensor = value.type?.value.case === 'tensorType' ? value.type.value.value : undefined;
  const type = tensor === undefined ? undefined : TensorProto_DataType[tensor.elemType];
  const shape = tensor?.shape?.dim.map((dim, axis) =>
    dim.value.case === undefined ? `axis${axis}` : String(dim.value.value),
  );
  return { name: value.name, type: type?.toLowerCase() ?? 'not a tensor', shape };
}

function checkSelfContained(model: ModelProto): void {
  const outside = model.graph?.initializer.find(
    (tensor) => tensor.dataLocation === TensorProto_DataLocation.EXTERNAL,
  );
  if (outside === undefined) return;
  throw new KilnError('MODEL_INVALID', {
    expected: 'one file that holds all of its weights',
    received: `weights of ${outside.name} in another file`,
  });
}
