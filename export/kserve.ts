import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Document, isMap, parseDocument } from 'yaml';
import { KilnError } from '../errors/errors.js';
import type { PlacedModel } from './format.js';
import { writeWhole } from './write-whole.js';

export interface InferenceServiceOptions {
  /** The model's; Kubernetes gets it in its own spelling. */
  readonly name: string;
  /** sha256 (hex) of the model file. */
  readonly digest: string;
  /** Where the repository's folder will lie: `s3://…`, `gs://…`, `pvc://…`. */
  readonly storageUri: string;
}

/** A new digest makes KServe roll out and fetch anew where nothing else of the service has changed. */
const digestAnnotation = 'onnx-kiln/model-sha256';

/** @throws OPTION_INVALID for an address that is none; EXPORT_CONFLICT for a file that is no InferenceService */
export async function checkInferenceService(path: string, storageUri: string): Promise<void> {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/]\S*$/.test(storageUri)) {
    throw new KilnError('OPTION_INVALID', {
      expected: 'storage-uri: where the repository will lie for KServe, such as s3://bucket/models',
      received: storageUri,
    });
  }
  await existing(path);
}

/**
 * Writes the manifest with which KServe serves a model repository by its Triton runtime. In one that is there only the
 * digest and the storage's address are brought up to date: replicas, resources and comments are its owner's.
 *
 * @throws EXPORT_CONFLICT for a file that is no InferenceService, EXPORT_UNWRITABLE
 */
export async function writeInferenceService(
  path: string,
  options: InferenceServiceOptions,
): Promise<PlacedModel['beside'][number]> {
  const there = await existing(path);
  const document = there ?? new Document(inferenceService(options));
  document.setIn(['metadata', 'annotations', digestAnnotation], options.digest);
  document.setIn(['spec', 'predictor', 'model', 'storageUri'], options.storageUri);
  await writeWhole(path, Buffer.from(document.toString()));
  return { path, state: there === undefined ? 'written' : 'updated' };
}

/**
 * KServe's default runtime for `triton` is its kserve-tritonserver, HTTP on 8080. Probes: liveness answers as soon as
 * Triton does, which is after loading, hence the startup probe; readiness means that the model is warm.
 */
function inferenceService({ name }: InferenceServiceOptions) {
  const probe = (path: string) => ({ httpGet: { path, port: 8080 } });
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { name: resourceName(name), annotations: {} },
    spec: {
      predictor: {
        minReplicas: 1,
        maxReplicas: 4,
        model: {
          modelFormat: { name: 'triton' },
          protocolVersion: 'v2',
          storageUri: '',
          resources: {
            requests: { cpu: '1', memory: '1Gi' },
            limits: { memory: '2Gi' },
          },
          startupProbe: { ...probe('/v2/health/live'), periodSeconds: 2, failureThreshold: 150 },
          livenessProbe: { ...probe('/v2/health/live'), periodSeconds: 10, failureThreshold: 3 },
          readinessProbe: { ...probe('/v2/health/ready'), periodSeconds: 5, failureThreshold: 2 },
        },
      },
    },
  };
}

/** A name that KServe accepts: a DNS label that begins with a letter, with room for its suffixes. */
function resourceName(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^(?![a-z])-?/, 'kiln-');
  return label.slice(0, 48).replace(/-+$/, '');
}

/** The InferenceService that is there. */
async function existing(path: string): Promise<Document | undefined> {
  if (!existsSync(path)) return undefined;
  const document = parseDocument(await readFile(path, 'utf8'));
  const isService = isMap(document.contents) && document.get('kind') === 'InferenceService';
  if (document.errors.length === 0 && isService && isMap(document.getIn(['spec', 'predictor', 'model'])))
    return document;
  throw new KilnError('EXPORT_CONFLICT', {
    expected: `nothing at ${path}, or the InferenceService of a model`,
    received: document.errors[0]?.message ?? 'another document',
  });
}
