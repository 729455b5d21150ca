import { availableParallelism } from 'node:os';
import type { Device } from '../runtime/classifier.js';
import { createSession } from '../runtime/onnxruntime-node.js';
import type { TrainingEngine } from './engine.js';
import { SessionEngine, type SessionEngineOptions } from './session-engine.js';

export interface OnnxEngineOptions extends Omit<SessionEngineOptions, 'open'> {
  readonly device: Device;
  /** Threads of one operator. Default: the cores. */
  readonly threads?: number;
}

/** Trains by plain ONNX graphs in onnxruntime-node. */
export function createOnnxEngine({
  description,
  state,
  device,
  threads = availableParallelism(),
}: OnnxEngineOptions): TrainingEngine {
  return new SessionEngine({
    description,
    state,
    open: (model) => createSession(model, { device, threads }),
  });
}
