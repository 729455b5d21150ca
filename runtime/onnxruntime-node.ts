import './no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { KilnError } from '../errors/errors.js';
import type { Device } from './classifier.js';
import { type Candidate, candidates } from './device.js';
import { missingLibrary } from './native-libraries.js';
import { wrapSession } from './ort-session.js';
import type { FailedProvider, Session } from './session.js';

export interface SessionOptions {
  readonly device: Device;
  /** Threads of one operator. The sum over all sessions that run at once should not exceed the cores. */
  readonly threads: number;
  /**
   * Whether idle threads poll for work. It saves tens of microseconds a run and costs the cores to everybody else:
   * true for a trainer that has the machine to itself, false beside an HTTP server.
   * Default: true
   */
  readonly spinning?: boolean;
  /**
   * A first run. A device on which it throws counts as one that cannot run the graph: a CUDA provider without cuDNN
   * makes a session all the same and fails only here.
   */
  readonly tryOut?: (session: Session) => Promise<unknown>;
}

/**
 * Loads a graph into onnxruntime-node on the first device of `options.device` that can run it. ONNX Runtime
 * itself never falls back from a missing CUDA provider; it throws, so the order is kept here.
 *
 * Both this call and `run` block the calling thread; and a process that ends (or a worker that is terminated)
 * during a run is aborted by the runtime.
 * @throws DEVICE_UNAVAILABLE with the reason, MODEL_INVALID when the runtime refuses the graph
 */
export async function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const failed: FailedProvider[] = [];
  for (const candidate of candidates(options.device)) {
    const missing = missingLibrary(candidate.provider);
    if (missing !== undefined) {
      failed.push({ provider: candidate.provider, reason: missing });
      continue;
    }
    try {
      return await open(model, candidate, options, failed);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (candidate.provider === 'cpu') throw refused(reason, error);
      failed.push({ provider: candidate.provider, reason });
    }
  }
  throw new KilnError('DEVICE_UNAVAILABLE', {
    expected: `a device for ${options.device}`,
    received: failed.map(({ provider, reason }) => `${provider}: ${reason}`).join('; '),
  });
}

async function open(
  model: Uint8Array,
  candidate: Candidate,
  options: SessionOptions,
  failed: readonly FailedProvider[],
): Promise<Session> {
  const native = await InferenceSession.create(model, nativeOptions(candidate, options));
  const session = wrapSession({ Tensor }, native, candidate.provider, failed);
  try {
    await options.tryOut?.(session);
  } catch (error) {
    await session.release();
    throw error;
  }
  return session;
}

function refused(received: string, cause: unknown): KilnError {
  return new KilnError('MODEL_INVALID', {
    message: 'ONNX Runtime refuses the model.',
    expected: 'a graph that onnxruntime-node can run',
    received,
    cause,
  });
}

function nativeOptions(candidate: Candidate, options: SessionOptions): InferenceSession.SessionOptions {
  const provider =
    candidate.provider === 'cuda' ? { name: 'cuda', deviceId: candidate.deviceId } : candidate.provider;
  return {
    executionProviders: [provider],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3, // errors; warnings are ONNX Runtime's notes to itself
    extra: { session: { intra_op: { allow_spinning: (options.spinning ?? true) ? '1' : '0' } } },
  };
}
