import type { ClassifierMetadata } from '../runtime/metadata.js';
import type { InferencePool } from '../runtime/worker-pool.js';
import type { Batcher } from './batcher.js';
import type { Decoder } from './decoder.js';
import type { EvaluationStore } from './evaluation-store.js';
import type { Lifecycle } from './lifecycle.js';
import type { UploadLimits } from './uploads.js';

/** The model, checked before the service starts. */
export interface ServedModel {
  /** The ONNX file. */
  readonly bytes: Uint8Array;
  readonly metadata: ClassifierMetadata;
  /** sha256 (hex) of the file. */
  readonly digest: string;
}

/** What the plugins share; made once by app.ts. */
export interface Service {
  readonly pool: InferencePool;
  readonly model: ServedModel;
  readonly batcher: Batcher;
  readonly decoder: Decoder;
  readonly evaluations: EvaluationStore;
  readonly lifecycle: Lifecycle;
  readonly limits: UploadLimits;
}
