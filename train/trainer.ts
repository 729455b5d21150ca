import { relative } from 'node:path';
import { openBatches } from '../data/batches.js';
import { KilnError } from '../errors/errors.js';
import type { Device } from '../runtime/classifier.js';
import { newestCheckpoint } from './checkpoint.js';
import type { TrainingState } from './engine.js';
import { type LoopOptions, type Saved, TrainingLoop, type TrainResult, tellRun } from './loop.js';
import { Metrics } from './metrics.js';
import { createOnnxEngine } from './onnx-engine.js';
import { configOf, makePlan, type Plan, type PlanOptions, requireSameRun, resolveChoices } from './plan.js';
import { createRun, openRun, type Run, runNames } from './run.js';
import { initialState, requireSameTensors } from './state.js';

export type { Precision, TrainEvent, TrainResult } from './loop.js';

export interface TrainOptions extends PlanOptions, LoopOptions {
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
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { run, plan, state, saved } =
    options.resume === undefined ? await begin(options) : await resume(options, options.resume);
  const { description, split, distortions, choices } = plan;
  const engine = createOnnxEngine({
    description,
    state,
    device: options.device ?? 'auto',
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  const batches = openBatches({
    split,
    batch: choices.batch,
    seed: choices.seed,
    firstStep: state.step,
    distortions,
    readers: options.readers ?? 1,
  });
  try {
    return await new TrainingLoop(options, run, plan, engine, batches).toTheEnd(saved);
  } finally {
    await batches.close();
    await engine.close();
  }
}

interface Beginning {
  readonly run: Run;
  readonly plan: Plan;
  readonly state: TrainingState;
  /** What `state` was read from. */
  readonly saved?: Saved;
}

async function begin(options: TrainOptions): Promise<Beginning> {
  const plan = await makePlan(resolveChoices(options), options);
  const { dataset, network, recipe, seed } = plan.choices;
  const name = options.run ?? `${dataset}-${network}-${recipe}`;
  const run = await createRun(options.runs ?? 'runs', name, configOf(plan, options.command ?? 'train()'));
  tellRun(run, options, describe(run, plan));
  if (plan.recipe.announcement !== undefined) tellRun(run, options, plan.recipe.announcement);
  const { classes, optimizer } = plan.description;
  return { run, plan, state: initialState(plan.network, classes, optimizer, seed) };
}

async function resume(options: TrainOptions, wanted: string): Promise<Beginning> {
  const runs = options.runs ?? 'runs';
  const name = wanted === 'last' ? ((await runNames(runs)).at(-1) ?? wanted) : wanted;
  const run = await openRun(runs, name);
  const { choices } = run.config;
  const plan = await makePlan({ ...choices, dataDir: options.dataDir ?? choices.dataDir }, options);
  requireSameRun(plan, run.config, options);
  const { classes, optimizer } = plan.description;
  const first = initialState(plan.network, classes, optimizer, choices.seed);
  const found = await newestCheckpoint(run.checkpoints).catch((error: unknown) => {
    // A run that was killed before its first checkpoint begins again.
    if (error instanceof KilnError && error.code === 'CHECKPOINT_NOT_FOUND') return undefined;
    throw error;
  });
  if (found !== undefined) requireSameTensors(first.tensors, found.state.tensors);
  tellRun(run, options, describe(run, plan));
  for (const { path, error } of found?.damaged ?? []) {
    tellRun(run, options, `passed over ${path}: expected ${error.expected}, received ${error.received}`);
  }
  const state = found?.state ?? first;
  new Metrics(run.metricsFile).truncateAfter(state.step);
  tellRun(run, options, `resumed at step ${state.step}`);
  if (found === undefined) return { run, plan, state };
  const { path, metadata } = found;
  return { run, plan, state, saved: { path, step: state.step, validation: metadata.validation } };
}

function describe(run: Run, { choices, split, totalSteps }: Plan): string {
  const { network, dataset, trainOn, recipe, batch, seed } = choices;
  const data = `${dataset} (${trainOn}: ${split.count} examples)`;
  return `${relative('', run.folder)}: ${network} on ${data}, recipe ${recipe}, ${totalSteps} steps of ${batch}, seed ${seed}`;
}
