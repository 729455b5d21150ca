import { relative } from 'node:path';
import { KilnError } from '../errors/errors.js';
import { newestCheckpoint, saveCheckpoint } from './checkpoint.js';
import { metadataAt } from './checkpoint-metadata.js';
import type { TrainingState } from './engine.js';
import { openEngine } from './engines.js';
import { tellRun } from './loop.js';
import { Metrics } from './metrics.js';
import { requireSameNetwork } from './network-digest.js';
import type { Saved } from './outcome.js';
import {
  configOf,
  makePlan,
  type Plan,
  type PlanOptions,
  resolveChoices,
  samplePictures,
  withFittingBatch,
  withSteps,
} from './plan.js';
import { createRun, openRun, type Run, runNames } from './run.js';
import { lockRun, type RunLock } from './run-lock.js';
import { requireSameRun } from './same-run.js';
import { initialState, requireSameTensors } from './state.js';
import { stepsWithin } from './time-budget.js';
import { requireEqualShares } from './towers/shares.js';
import { engineOptions, type TrainOptions } from './trainer.js';
import { warmStart } from './warm-start.js';

/** Where a process takes a run up. The lock is the caller's to release. */
export interface Beginning {
  readonly run: Run;
  readonly lock: RunLock;
  readonly plan: Plan;
  readonly state: TrainingState;
  /** What `state` was read from. */
  readonly saved?: Saved;
}

/** A new run, its folder made. */
export async function begin(options: TrainOptions): Promise<Beginning> {
  const { opened, plan: asked, state, remark } = await prepare(options);
  const plan = await fitted(asked, state, options);
  const name = options.run ?? `${plan.dataset.name}-${plan.network.name}-${plan.recipe.name}`;
  const run = await createRun(options.runs ?? 'runs', name, configOf(plan, options.command ?? 'train()'));
  return locked(run, async () => {
    tellRun(run, options, describe(run, plan));
    for (const line of remarks(opened, plan)) tellRun(run, options, line);
    if (remark === undefined) return { plan, state };
    tellRun(run, options, remark);
    // From here on the run needs no other file.
    const path = await saveCheckpoint(run.checkpoints, { metadata: metadataAt(plan, 0, null), state });
    return { plan, state, saved: { path, step: 0, validation: null } };
  });
}

/** Takes a run up under its lock, which is free again where that fails. */
async function locked(run: Run, takeUp: () => Promise<Omit<Beginning, 'run' | 'lock'>>): Promise<Beginning> {
  const lock = lockRun(run.folder);
  try {
    return { run, lock, ...(await takeUp()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What a new run would do and begin with. */
export async function prepare(options: PlanOptions & Pick<TrainOptions, 'towers'>): Promise<{
  /** As the options and the recipe say. */
  readonly opened: Plan;
  /** With a batch that fits the data. */
  readonly plan: Plan;
  readonly state: TrainingState;
  readonly remark?: string;
}> {
  const opened = await makePlan(await resolveChoices(options), options);
  const plan = options.batch === undefined ? withFittingBatch(opened) : opened;
  requireEqualShares(plan.choices.batch, options.towers ?? 1);
  return { opened, plan, ...(await firstState(plan)) };
}

/** The state before the first step; with a remark where it comes from a file. */
async function firstState(plan: Plan): Promise<{ state: TrainingState; remark?: string }> {
  const { network, choices, description } = plan;
  const { classes, optimizer } = description;
  const state = initialState(network, classes, optimizer, choices.seed, () => samplePictures(plan));
  if (choices.init === undefined) return { state };
  return warmStart(state, network, classes, choices.init);
}

/** What a run says once, before its first step. */
function* remarks(opened: Plan, { choices, dataset, split, recipe }: Plan): Generator<string> {
  if (choices.batch !== opened.choices.batch) {
    yield `batches of ${choices.batch} in place of ${opened.choices.batch}: there are ${split.count} examples`;
  }
  const skipped = dataset.files?.skipped ?? [];
  if (skipped.length > 0) {
    const paths = skipped.slice(0, 5).map(({ path }) => path);
    const more = skipped.length > paths.length ? ' and others' : '';
    yield `skipped ${skipped.length} of the data folder, which \`kiln data ${dataset.name}\` lists: ${paths.join(', ')}${more}`;
  }
  if (recipe.announcement !== undefined) yield recipe.announcement;
}

/** The plan with as many steps as its time allows, where it has one. */
async function fitted(plan: Plan, state: TrainingState, options: TrainOptions): Promise<Plan> {
  const { seconds } = plan.choices;
  if (seconds === undefined) return plan;
  const engine = await openEngine(engineOptions(options, plan, state));
  try {
    return withSteps(plan, await stepsWithin(seconds, plan, engine, options.validateEpochs ?? 1));
  } finally {
    await engine.close();
  }
}

/** A run that was begun before, at its newest whole checkpoint. */
export async function resume(options: TrainOptions, wanted: string): Promise<Beginning> {
  const runs = options.runs ?? 'runs';
  const name = wanted === 'last' ? ((await runNames(runs)).at(-1) ?? wanted) : wanted;
  const run = await openRun(runs, name);
  return locked(run, () => takenUp(run, options));
}

async function takenUp(run: Run, options: TrainOptions): Promise<Omit<Beginning, 'run' | 'lock'>> {
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
  if (found !== undefined) {
    requireSameTensors(first.tensors, found.state.tensors);
    requireSameNetwork(plan.network, found.metadata);
  }
  tellRun(run, options, describe(run, plan));
  for (const { path, error } of found?.damaged ?? []) {
    tellRun(run, options, `passed over ${path}: expected ${error.expected}, received ${error.received}`);
  }
  const { state } = found ?? (await firstState(plan));
  new Metrics(run.metricsFile).truncateAfter(state.step);
  tellRun(run, options, `resumed at step ${state.step}`);
  if (found === undefined) return { plan, state };
  const { path, metadata } = found;
  return { plan, state, saved: { path, step: state.step, validation: metadata.validation } };
}

function describe(run: Run, { choices, dataset, network, recipe, split, totalSteps }: Plan): string {
  const { trainOn, batch, seed } = choices;
  const data = `${dataset.name} (${trainOn}: ${split.count} examples)`;
  return `${relative('', run.folder)}: ${network.name} on ${data}, recipe ${recipe.name}, ${totalSteps} steps of ${batch}, seed ${seed}`;
}
