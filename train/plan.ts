import { resolve } from 'node:path';
import type { BatchOptions } from '../data/batches.js';
import type { Dataset, DatasetSplit, SplitName } from '../data/dataset.js';
import type { Distortions } from '../data/distortions.js';
import { defaultDataDir } from '../data/registry.js';
import { KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import type { Rates } from './engine.js';
import { preparedBatches } from './evaluate.js';
import { settledLayers } from './freezing.js';
import { layerOf } from './layer-names.js';
import { declaredParameters } from './parameters.js';
import { requireFit } from './parts/fit.js';
import { isModulePath, loadDataset, loadNetwork, loadRecipe } from './parts/load.js';
import { provenance } from './provenance.js';
import { type Position, type Recipe, resolveOptimizer } from './recipe.js';
import type { RunChoices, RunConfig } from './run.js';
import type { StepDescription } from './step-graph.js';
import { identifySource } from './warm-start.js';

/** What a run's author may choose; whatever is left out comes from the recipe or the defaults below. */
export interface PlanOptions {
  /** Default cifar10. One's own is given as it is, or by the path of its module. */
  readonly dataset?: string | Dataset;
  /** Default KILN_DATA_DIR, else kiln's cache folder. For `folder` the folder of pictures. */
  readonly dataDir?: string;
  /** Pixels a side, for `folder`. Default 32. */
  readonly imageSize?: number;
  /** Told of picture files that are read one by one. */
  readonly onReading?: (done: number, total: number) => void;
  /** Default deepcnn. One's own is given as it is, or by the path of its module. */
  readonly network?: string | Network;
  /** Default fast. One's own is given as it is, or by the path of its module. */
  readonly recipe?: string | Recipe;
  /** An exported file or a checkpoint whose weights the run begins with (warm-start.ts). */
  readonly init?: string;
  /** Passes over the data; may be a fraction. Excludes `steps`. */
  readonly epochs?: number;
  readonly steps?: number;
  /** Seconds: as many steps as fit into them on this machine. Excludes `epochs` and `steps`. */
  readonly seconds?: number;
  readonly batch?: number;
  /** In [0, 2³²). Default 0. */
  readonly seed?: number;
  /** Shuffles a stream through a buffer of so many examples. Default: whole epochs are shuffled. */
  readonly shuffleBuffer?: number;
  /** Times the recipe's learning rate; above 0. Default 1. */
  readonly rateScale?: number;
  /** Whether the weights are averaged, as the recipe says. Default true. */
  readonly ema?: boolean;
  /** `train+validation` for a final run, which then has no validation. Default train. */
  readonly trainOn?: Extract<SplitName, 'train' | 'train+validation'>;
}

/** All of a run but the state and the machine. */
export interface Plan {
  readonly choices: RunChoices;
  readonly dataset: Dataset;
  readonly split: DatasetSplit;
  /** Undefined where the run trains on it. */
  readonly validation: DatasetSplit | undefined;
  readonly network: Network;
  readonly recipe: Recipe;
  /** Names of the network's layers, in the order of their declaration. */
  readonly layers: readonly string[];
  readonly description: StepDescription;
  readonly distortions: Distortions;
  readonly totalSteps: number;
}

/**
 * Fills the options up with the recipe's values and the defaults.
 * @throws OPTION_INVALID, NETWORK_UNKNOWN, RECIPE_UNKNOWN, PART_INVALID, FILE_NOT_FOUND
 */
export async function resolveChoices(options: PlanOptions): Promise<RunChoices> {
  const network = await loadNetwork(options.network ?? 'deepcnn');
  const { part: recipe, reference } = await loadRecipe(options.recipe ?? 'fast');
  const { epochs, steps, seconds, shuffleBuffer, batch = recipe.batch, seed = 0, rateScale = 1 } = options;
  const lengths = Object.entries({ epochs, steps, seconds }).filter(([, value]) => value !== undefined);
  if (lengths.length > 1) {
    throw new KilnError('OPTION_INVALID', {
      expected: 'epochs or steps or seconds',
      received: lengths.map(([unit, value]) => `${value} ${unit}`).join(' and '),
    });
  }
  if (seconds !== undefined) requireThat('seconds above 0', seconds, seconds > 0 && Number.isFinite(seconds));
  if (epochs !== undefined) requireThat('epochs above 0', epochs, epochs > 0 && Number.isFinite(epochs));
  if (steps !== undefined) requireThat('a whole number of steps above 0', steps, isCount(steps));
  if (shuffleBuffer !== undefined)
    requireThat('a shuffle buffer of 1 example or more', shuffleBuffer, isCount(shuffleBuffer));
  requireThat('a rate scale above 0', rateScale, rateScale > 0 && Number.isFinite(rateScale));
  requireThat('a batch of 1 example or more', batch, isCount(batch));
  requireThat('a whole seed in [0, 2³²)', seed, Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32);
  return {
    dataset: referenceOf(options.dataset) ?? 'cifar10',
    dataDir: resolve(options.dataDir ?? defaultDataDir()),
    ...(options.imageSize === undefined ? {} : { imageSize: options.imageSize }),
    trainOn: options.trainOn ?? 'train',
    network: network.reference,
    recipe: reference,
    ...(options.init === undefined ? {} : { init: await identifySource(options.init) }),
    length: epochs !== undefined ? { epochs } : steps !== undefined ? { steps } : recipe.length,
    batch,
    seed,
    ...(seconds === undefined ? {} : { seconds }),
    ...(shuffleBuffer === undefined ? {} : { shuffleBuffer }),
    ...(rateScale === 1 ? {} : { rateScale }),
    ...(options.ema === false ? { ema: false } : {}),
  };
}

/** What config.json keeps of a part: its name, or its module's absolute path. */
export function referenceOf(part: string | { readonly name: string } | undefined): string | undefined {
  if (typeof part === 'object') return part.name;
  return part !== undefined && isModulePath(part) ? resolve(part) : part;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function requireThat(expected: string, received: number, holds: boolean): void {
  if (!holds) throw new KilnError('OPTION_INVALID', { expected, received: String(received) });
}

/** Opens the data and puts everything together. Parts that are at hand, or lie elsewhere by now, come from `options`. */
export async function makePlan(choices: RunChoices, options: PlanOptions): Promise<Plan> {
  const network = await loadNetwork(options.network ?? choices.network);
  const recipe = await loadRecipe(options.recipe ?? choices.recipe);
  const dataset = await loadDataset(options.dataset ?? choices.dataset, {
    dataDir: choices.dataDir,
    ...(choices.imageSize === undefined ? {} : { imageSize: choices.imageSize }),
    ...(options.onReading === undefined ? {} : { onProgress: options.onReading }),
  });
  requireFit(network.part, recipe.part, dataset.part);
  const found = { dataset: dataset.reference, network: network.reference, recipe: recipe.reference };
  const parts = { dataset: dataset.part, network: network.part, recipe: recipe.part };
  return assemble({ ...choices, ...found }, parts);
}

function assemble(
  choices: RunChoices,
  { dataset, network, recipe }: Pick<Plan, 'dataset' | 'network' | 'recipe'>,
): Plan {
  const split = dataset.split(choices.trainOn);
  const classes = dataset.labels.length;
  const { batch, length } = choices;
  return {
    choices,
    dataset,
    split,
    validation: choices.trainOn === 'train' ? dataset.split('validation') : undefined,
    network,
    recipe,
    layers: [...new Set(Array.from(declaredParameters(network, classes).keys(), layerOf))],
    description: {
      network,
      classes,
      batch,
      optimizer: resolveOptimizer(recipe.optimizer, network, classes),
      weightDecay: recipe.weightDecay,
      labelSmoothing: recipe.labelSmoothing,
    },
    distortions: recipe.distortions(network.input, network.preprocessing),
    // Every example is seen as often as asked for: the last batch of all may begin one more pass.
    totalSteps: 'steps' in length ? length.steps : Math.ceil((length.epochs * split.count) / batch),
  };
}

const sampleSize = 5000;

/**
 * The first pictures of the training split as the network takes them: what parameters are computed from that follow
 * the data. float32 [≤ 5000, channels, height, width]
 */
export function samplePictures({ split, network }: Plan): Float32Array {
  const count = Math.min(sampleSize, split.count);
  const { channels, height, width } = network.input;
  const pictures = new Float32Array(count * channels * height * width);
  let filled = 0;
  for (const { images } of preparedBatches(split, network, count)) {
    pictures.set(images, filled);
    filled += images.length;
  }
  return pictures;
}

/** What `openBatches` is told of a plan. */
export function batchOptions({ split, distortions, choices }: Plan): Omit<BatchOptions, 'firstStep'> {
  const { batch, seed, shuffleBuffer } = choices;
  return {
    split,
    batch,
    seed,
    distortions,
    shuffling:
      shuffleBuffer === undefined ? { kind: 'whole-epoch' } : { kind: 'buffer', size: shuffleBuffer },
  };
}

const stepsOfAnEpoch = 16;
const leastBatch = 16;

/**
 * The plan for a dataset that is small for its recipe: a batch that leaves an epoch fewer than 16 steps is halved until
 * it has them, down to 16 examples. A length in steps is left alone.
 */
export function withFittingBatch(plan: Plan): Plan {
  const { choices, split } = plan;
  if ('steps' in choices.length) return plan;
  let { batch } = choices;
  while (batch >= 2 * leastBatch && split.count < stepsOfAnEpoch * batch) batch = Math.floor(batch / 2);
  return batch === choices.batch ? plan : assemble({ ...choices, batch }, plan);
}

/** The same plan with another length. */
export function withSteps(plan: Plan, steps: number): Plan {
  return { ...plan, choices: { ...plan.choices, length: { steps } }, totalSteps: steps };
}

/** Where a run stands when `step` steps are done. */
export function positionAt({ choices: { batch }, totalSteps }: Plan, step: number): Position {
  return { step, totalSteps, batch, examples: step * batch, totalExamples: totalSteps * batch };
}

/** What the recipe sets for the step that follows `step` steps. */
export function ratesAt(plan: Plan, step: number): Rates {
  const position = positionAt(plan, step);
  const { recipe, choices, layers } = plan;
  return {
    learningRate: (choices.rateScale ?? 1) * recipe.learningRate(position),
    emaDecay: choices.ema === false ? 0 : recipe.emaDecay(position),
    settled: settledLayers(recipe.freezing ?? [], layers, position),
  };
}

/** Passes over the data that are complete when `step` steps are done. */
export function epochsAt({ choices: { batch }, split }: Plan, step: number): number {
  return Math.floor((step * batch) / split.count);
}

/** The plan as config.json keeps it. */
export function configOf(plan: Plan, command: string): RunConfig {
  return {
    format: 1,
    startedAt: new Date().toISOString(),
    command,
    choices: plan.choices,
    data: { digest: plan.dataset.digest, count: plan.split.count, labels: [...plan.dataset.labels] },
    totalSteps: plan.totalSteps,
    settings: settingsOf(plan),
    provenance: provenance(),
  };
}

/** The values behind a recipe's name; its rates at nine places stand for its functions. */
export function settingsOf(plan: Plan): unknown {
  const { recipe, description, distortions, totalSteps } = plan;
  const { optimizer, weightDecay, labelSmoothing } = description;
  const rates = Array.from({ length: 9 }, (_, eighth) => {
    const position = positionAt(plan, Math.round((eighth / 8) * totalSteps));
    return [position.step, recipe.learningRate(position), recipe.emaDecay(position)];
  });
  const { freezing } = recipe;
  return {
    optimizer,
    weightDecay,
    labelSmoothing,
    distortions,
    rates,
    ...(freezing === undefined ? {} : { freezing }),
  };
}
