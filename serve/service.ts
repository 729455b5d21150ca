import type { InferencePool } from '../runtime/worker-pool.js';
import type { Decoder } from './decoder.js';
import type { Evaluations } from './evaluations/evaluations.js';
import type { Lifecycle } from './lifecycle.js';
import type { ModelKeeper } from './models/keeper.js';
import type { ModelRepository } from './models/repository.js';
import type { Runs } from './runs/runs.js';
import type { UploadBudget } from './upload-budget.js';
import type { UploadLimits } from './uploads.js';

/** What the plugins share; made once by app.ts. */
export interface Service {
  readonly pool: InferencePool;
  readonly models: ModelRepository;
  /** Loads and unloads by request; undefined unless that is asked for (`modelControl`). */
  readonly control: ModelKeeper | undefined;
  readonly decoder: Decoder;
  readonly evaluations: Evaluations;
  readonly runs: Runs;
  readonly lifecycle: Lifecycle;
  readonly limits: UploadLimits;
  readonly budget: UploadBudget;
}
