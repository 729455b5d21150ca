import { openBatches } from '../data/batches.js';
import type { Device } from '../runtime/classifier.js';
import { type Beginning, begin, resume } from './beginning.js';
import type { TrainingState } from './engine.js';
import type { EngineName } from './engine-names.js';
import { type EngineOptions, openEngine } from './engines.js';
import { type LoopOptions, TrainingLoop, tellRun } from './loop.js';
import type { RunObserver } from './observer.js';
import { openObservers } from './observers.js';
import type { TrainResult } from './outcome.js';
import { batchOptions, type Plan, type PlanOptions } from './plan.js';

export type { EndOfRun, Precision, TrainEvent } from './observer.js';
export type { TrainResult } from './outcome.js';

/** What is trained, for how long, where, and under which name; every option has a default. */
export interface TrainOptions extends PlanOptions, LoopOptions {
  /** What computes; `auto` is the fastest that runs here, and says why. Default auto. */
  readonly engine?: EngineName;
  /** Devices that share the examples of each step. Default 1. */
  readonly towers?: number;
  /** Default auto. */
  readonly device?: Device;
  /** Threads of one operator. Default: the cores. */
  readonly threads?: number;
  /** Threads that prepare batches. Default 1. */
  readonly readers?: number;
  /** The run's name; a taken one gets a number. Default `<dataset>-<network>-<recipe>`. */
  readonly run?: string;
  /** The folder of all runs. Default `runs`. */
  readonly runs?: string;
  /**
   * Continues a run from its newest whole checkpoint: `last` for the one begun last, else by name or path.
   * Its options are those it began with.
   */
  readonly resume?: string;
  /** What config.json gives as the command. */
  readonly command?: string;
}

/**
 * Trains a network. Equal choices and seed give equal bytes on one machine, whatever the number of readers and
 * however often the run was interrupted and resumed.
 *
 * @throws OPTION_INVALID, NETWORK_UNKNOWN, RECIPE_UNKNOWN, DATASET_…, RUN_…, CHECKPOINT_…, DEVICE_UNAVAILABLE
 * @throws TRAINING_DIVERGED at the step whose loss is not finite; the last good checkpoint stays
 * @throws TOWER_LOST when the process of a tower ends; the last whole step has its checkpoint
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const beginning =
    options.resume === undefined ? await begin(options) : await resume(options, options.resume);
  try {
    return await carryOn(beginning, options);
  } finally {
    beginning.lock.release();
  }
}

async function carryOn({ run, plan, state, saved }: Beginning, options: TrainOptions): Promise<TrainResult> {
  const engine = await openEngine({
    ...engineOptions(options, plan, state),
    tell: (text) => tellRun(run, options, text),
  });
  const batches = openBatches({
    ...batchOptions(plan),
    firstStep: state.step,
    readers: options.readers ?? 1,
  });
  let observers: readonly RunObserver[] = [];
  let failure: unknown;
  try {
    observers = await openObservers({
      run,
      plan,
      state,
      validation: saved?.validation ?? null,
      towers: options.towers ?? 1,
    });
    return await new TrainingLoop({ options, run, plan, engine, batches, observers }).toTheEnd(saved);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    for (const observer of observers) await observer.close(failure);
    await batches.close();
    await engine.close();
  }
}

/** What a run's engine is opened with. */
export function engineOptions(options: TrainOptions, plan: Plan, state: TrainingState): EngineOptions {
  return {
    engine: options.engine ?? 'auto',
    towers: options.towers ?? 1,
    description: plan.description,
    state,
    device: options.device ?? 'auto',
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(typeof options.network === 'object' ? {} : { network: plan.choices.network }),
  };
}
