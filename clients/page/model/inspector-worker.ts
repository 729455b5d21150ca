import { toFrame } from '../../../images/frame.js';
import { decodeModel } from '../../../onnx/decode.js';
import { tensorNames } from '../../../runtime/classifier.js';
import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import { openModelFile } from '../../../runtime/model-file.js';
import type { Session } from '../../../runtime/session.js';
import { openWebSession } from '../../../runtime/web-classifier.js';
import type { ModelProto } from '../../../third_party/onnx/onnx_pb.js';
import { decodePicture } from '../../browser/decode.js';
import { fetchModel } from '../../browser/fetch-model.js';
import { importRuntime } from '../../browser/import-runtime.js';
import { type Problem, toProblem } from '../../browser/problem.js';
import { firstFilters } from './filters.js';
import type {
  Activation,
  ActivationsRequest,
  InspectorReply,
  InspectorRequest,
  InspectRequest,
} from './inspector-messages.js';
import { type FileLayer, layersOf } from './network-layers.js';
import { withOutputs } from './with-outputs.js';

declare const self: DedicatedWorkerGlobalScope;

interface Inspected {
  readonly model: ModelProto;
  readonly metadata: ClassifierMetadata;
  readonly layers: readonly FileLayer[];
  readonly bytes: number;
}

let inspected: Promise<Inspected> | undefined;
/** Made for the first picture. */
let session: Promise<Session> | undefined;

async function inspect(request: InspectRequest): Promise<Inspected> {
  const bytes = await readModel(request);
  const { metadata } = openModelFile(bytes);
  const model = decodeModel(bytes);
  return { model, metadata, layers: layersOf(model), bytes: bytes.length };
}

/** Where there is neither Web Crypto nor a cache, which take a secure context, the file is read as it comes. */
async function readModel(request: InspectRequest): Promise<Uint8Array> {
  if (self.isSecureContext) return (await fetchModel(request, () => undefined)).bytes;
  const response = await fetch(request.modelUrl, { headers: request.headers });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** One picture at a time: one thread is enough. */
async function openSession({ model, layers }: Inspected): Promise<Session> {
  const ort = await importRuntime('wasm', new URL('ort/', self.location.href).href);
  ort.env.wasm.numThreads = 1;
  const bytes = withOutputs(
    model,
    layers.map(({ value }) => value),
  );
  return openWebSession(ort, bytes, 'wasm');
}

async function activations(
  { metadata, layers }: Inspected,
  run: Session,
  { picture, maxPixels }: ActivationsRequest,
): Promise<readonly Activation[]> {
  const { height, width } = metadata.frame;
  const pixels = await decodePicture({ kind: 'file', file: picture }, maxPixels);
  const data = toFrame(pixels, height, width);
  const images = { dtype: 'uint8', dims: [1, height, width, 3], data } as const;
  const outputs = await run.run(
    { [tensorNames.images]: images },
    layers.map(({ value }) => value),
  );
  return layers.flatMap(({ name, value }) => {
    const { dims, data: values } = outputs[value]!;
    return values instanceof Float32Array ? [{ layer: name, dims: dims.slice(1), values }] : [];
  });
}

/** What is said where nobody else knows what went wrong. */
const failures = {
  inspect: { code: 'PAGE_FAILED', message: 'The model could not be read here.' },
  activations: { code: 'INFERENCE_FAILED', message: 'The model could not be run here.' },
} as const satisfies Record<InspectorRequest['kind'], Problem>;

async function answer(request: InspectorRequest): Promise<InspectorReply> {
  const { id } = request;
  try {
    if (request.kind === 'inspect') {
      inspected = inspect(request);
      const { model, ...facts } = await inspected;
      return { kind: 'done', id, answer: { ...facts, filters: firstFilters(model) } };
    }
    if (inspected === undefined) throw new Error('activations were asked for before a model');
    const file = await inspected;
    session ??= openSession(file);
    session.catch(() => {
      session = undefined; // the runtime may be there the next time
    });
    return { kind: 'done', id, answer: await activations(file, await session, request) };
  } catch (error) {
    return { kind: 'failed', id, problem: toProblem(error, failures[request.kind]) };
  }
}

/** ONNX Runtime's sessions take one run at a time. */
let last: Promise<unknown> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<InspectorRequest>) => {
  last = last.then(() => answer(data)).then((reply) => self.postMessage(reply));
};
