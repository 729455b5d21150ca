import type { Tensor } from '../onnx/types.js';
import type { Provider } from './classifier.js';

/** A provider that was asked for and did not run, with the reason that ONNX Runtime gave. */
export interface FailedProvider {
  readonly provider: Provider;
  readonly reason: string;
}

/** One loaded graph on one device; every runtime's adapter returns this, training and inference stand on it. */
export interface Session {
  /** The provider that really runs the graph. */
  readonly provider: Provider;
  /** What was tried before it, in vain. */
  readonly failed: readonly FailedProvider[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph once. In Node the call blocks its thread for as long as the run takes.
   * `feeds` are read in place and not kept; each output is a fresh array (its buffer may be transferred).
   * Arrays on a SharedArrayBuffer are refused by ONNX Runtime.
   * @param fetches outputs to compute; fewer cost fewer copies. Default: all
   * @throws ONNX Runtime's error for a missing input, a wrong type or a wrong shape
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches?: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>>;
  /** Frees the session's memory; to be called once, after the last run has ended. */
  release(): Promise<void>;
}

/**
 * Loads a graph into a runtime, whichever it is.
 * @throws MODEL_INVALID when the runtime refuses the graph, DEVICE_UNAVAILABLE
 */
export type OpenSession = (model: Uint8Array) => Promise<Session>;
