import { openBatches } from '../data/batches.js';
import type { TrainingEngine } from './engine.js';
import { evaluationBatch, preparedBatches } from './evaluate.js';
import { batchOptions, type Plan, ratesAt } from './plan.js';

/** Share of the time that is planned for; the rest is for checkpoints and for a machine that slows down. */
const planned = 0.93;
const warmUpSteps = 2;
const leastSteps = 4;
const measuringSeconds = 3;

/**
 * How many steps fit into a time on this machine: some are done and timed, validation likewise, and the engine is left
 * as it was. With the steps known before the run, the recipe's rates come to their end in time.
 *
 * @param seconds for the whole run, measuring included
 * @param validateEpochs passes over the data between two validations
 */
export async function stepsWithin(
  seconds: number,
  plan: Plan,
  engine: TrainingEngine,
  validateEpochs: number,
): Promise<number> {
  const begin = performance.now();
  const state = engine.snapshot();
  const secondsPerStep = await meanSecondsPerStep(plan, engine);
  const validationSeconds = await timeValidation(plan, engine);
  engine.restore(state);
  const stepsPerValidation = (validateEpochs * plan.split.count) / plan.choices.batch;
  const left = planned * seconds - (performance.now() - begin) / 1000 - validationSeconds;
  return Math.max(1, Math.floor(left / (secondsPerStep + validationSeconds / stepsPerValidation)));
}

/**
 * Over a whole run: each time that something begins to stand still, steps take less. The last stage comes first, so that
 * the engine is left with the graphs that the run begins with.
 */
async function meanSecondsPerStep(plan: Plan, engine: TrainingEngine): Promise<number> {
  const changes = (plan.recipe.freezing ?? []).map(({ after }) => after).filter((after) => after < 1);
  const begins = [...new Set([0, ...changes])].sort((a, b) => b - a);
  let mean = 0;
  let end = 1;
  for (const begin of begins) {
    const done = Math.ceil(begin * plan.totalSteps);
    mean += (end - begin) * (await timeSteps(plan, engine, done, measuringSeconds / begins.length));
    end = begin;
  }
  return mean;
}

/** Seconds of a step such as the one that follows `done` steps, measured for so long. */
async function timeSteps(
  plan: Plan,
  engine: TrainingEngine,
  done: number,
  duration: number,
): Promise<number> {
  const batches = openBatches(batchOptions(plan));
  try {
    const step = async () => engine.run([await batches.next()], [ratesAt(plan, done)]);
    for (let index = 0; index < warmUpSteps; index += 1) await step();
    const start = performance.now();
    let steps = 0;
    let elapsed = 0;
    while (steps < leastSteps || elapsed < duration) {
      await step();
      steps += 1;
      elapsed = (performance.now() - start) / 1000;
    }
    return elapsed / steps;
  } finally {
    await batches.close();
  }
}

/** Seconds of one validation of both sets of weights. */
async function timeValidation({ validation, network }: Plan, engine: TrainingEngine): Promise<number> {
  if (validation === undefined) return 0;
  const [batch] = preparedBatches(validation, network);
  const { images, labels } = batch!;
  await engine.evaluate(images, labels.length, 'raw');
  const start = performance.now();
  await engine.evaluate(images, labels.length, 'raw');
  const seconds = (performance.now() - start) / 1000;
  return 2 * seconds * Math.ceil(validation.count / evaluationBatch);
}
