import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { type Dataset, type DatasetSplit, splitNames } from '../../data/dataset.js';
import { datasetNames, type OpenOptions } from '../../data/registry.js';
import { KilnError } from '../../errors/errors.js';
import type { Network } from '../../networks/network.js';
import { networks } from '../../networks/registry.js';
import { declaredNetwork } from '../parameters.js';
import type { Position, Recipe, RecipeOptimizer } from '../recipe.js';
import { recipes } from '../recipes/registry.js';

/** Opens a dataset: what a module may export in place of one. */
export type DatasetOpener = (options: Omit<OpenOptions, 'name'>) => Dataset | Promise<Dataset>;

/** What a module is looked through for. */
export interface Exportable<T> {
  readonly name: 'network' | 'recipe' | 'dataset';
  /** For people: the members that it must have. */
  readonly members: string;
  /** The value where it is one; else what is wrong with it. */
  parse(value: unknown): { readonly part: T } | { readonly problem: string };
}

/** One kind of part of a training run. */
export interface PartKind<T> extends Exportable<T> {
  /** Names of those that ship with kiln: a checkpoint says no more than a name. */
  readonly taken: readonly string[];
  /** Uses a part once, as training will. @throws PART_INVALID for answers that are of no use; whatever the part throws */
  rehearse(part: T): void;
}

const name = Type.String({ pattern: '^[^./\\\\][^/\\\\]*$' });
const count = Type.Integer({ minimum: 1 });
const rgb = Type.Array(Type.Number(), { minItems: 3, maxItems: 3 });
const size = { height: count, width: count };

/** A member that is a function; its type is kept, its arguments show when it is used. */
function method<T>() {
  return Type.Unsafe<T>(Type.Function([], Type.Unknown()));
}

const network = Type.Object({
  name,
  input: Type.Object({ channels: Type.Literal(3), ...size }),
  preprocessing: Type.Object({
    crop: Type.Object(size),
    normalise: Type.Union([Type.Literal('per-image-standardisation'), Type.Object({ mean: rgb, std: rgb })]),
  }),
  forward: method<Network['forward']>(),
});

const motion = Type.Object({ momentum: Type.Number(), rate: Type.Number(), decay: Type.Number() });

const optimizers = {
  sgd: Type.Object({ kind: Type.Literal('sgd') }),
  momentum: Type.Object({
    kind: Type.Literal('momentum'),
    momentum: Type.Number(),
    nesterov: Type.Boolean(),
  }),
  muon: Type.Object({
    kind: Type.Literal('muon'),
    momentum: Type.Number(),
    matrixRate: Type.Number(),
    matrixDecay: Type.Union([Type.Number(), Type.Literal('normalise')]),
    vectors: Type.Optional(motion),
    last: Type.Optional(motion),
    excluded: Type.Union([Type.Literal('last'), Type.Array(Type.String())]),
  }),
} satisfies Record<RecipeOptimizer['kind'], TSchema>;

const recipe = Type.Object({
  name,
  batch: count,
  length: Type.Union([
    Type.Object({ epochs: Type.Number({ exclusiveMinimum: 0 }) }),
    Type.Object({ steps: count }),
  ]),
  optimizer: Type.Union([optimizers.sgd, optimizers.momentum, optimizers.muon]),
  weightDecay: Type.Union([Type.Literal('network'), Type.Number({ minimum: 0 })]),
  labelSmoothing: Type.Number({ minimum: 0, exclusiveMaximum: 1 }),
  distortions: method<Recipe['distortions']>(),
  learningRate: method<Recipe['learningRate']>(),
  emaDecay: method<Recipe['emaDecay']>(),
  freezing: Type.Optional(
    Type.Array(Type.Object({ layers: count, after: Type.Number({ minimum: 0, maximum: 1 }) })),
  ),
  announcement: Type.Optional(Type.String()),
});

const dataset = Type.Object({
  name,
  labels: Type.Array(Type.String(), { minItems: 2, uniqueItems: true }),
  ...size,
  digest: Type.String({ minLength: 1 }),
  split: method<Dataset['split']>(),
});

export const networkKind: PartKind<Network> = {
  name: 'network',
  members: membersOf(network),
  taken: Object.keys(networks),
  parse: parser(network),
  rehearse(part) {
    const { crop } = part.preprocessing;
    const { height, width } = part.input;
    if (crop.height !== height || crop.width !== width) {
      throw useless(
        `a crop of ${part.name} to its input, ${width}×${height}`,
        `${crop.width}×${crop.height}`,
      );
    }
    declaredNetwork(part, 10);
  },
};

export const recipeKind: PartKind<Recipe> = {
  name: 'recipe',
  members: membersOf(recipe),
  taken: Object.keys(recipes),
  parse: parser(recipe),
  rehearse(part) {
    for (const step of [0, 1, 50, 99]) {
      const at: Position = { step, totalSteps: 100, batch: 10, examples: 10 * step, totalExamples: 1000 };
      const rate = part.learningRate(at);
      if (!Number.isFinite(rate)) throw useless(`a finite learningRate at step ${step} of 100`, String(rate));
      const decay = part.emaDecay(at);
      if (!(decay >= 0 && decay <= 1)) throw useless(`an emaDecay in [0, 1] at step ${step}`, String(decay));
    }
  },
};

export const datasetKind: PartKind<Dataset> = {
  name: 'dataset',
  members: membersOf(dataset),
  taken: datasetNames,
  parse: parser(dataset),
  rehearse(part) {
    if (part.split('train').count === 0) throw useless('examples to train on', 'an empty split train');
    for (const name of splitNames) {
      const split = part.split(name);
      if (split.count > 0) requireExamples(part, split);
    }
  },
};

/** In a module a function that opens it may stand for a dataset. */
export const datasetOrOpener: Exportable<Dataset | DatasetOpener> = {
  name: datasetKind.name,
  members: `${datasetKind.members}; or a function that opens one`,
  parse: (value) => (isOpener(value) ? { part: value } : datasetKind.parse(value)),
};

function isOpener(value: unknown): value is DatasetOpener {
  return typeof value === 'function';
}

function requireExamples({ labels, height, width }: Dataset, split: DatasetSplit): void {
  const { images, labels: read } = split.read([0]);
  const label = read[0] ?? -1;
  const bytes = height * width * 3;
  if (!(images instanceof Uint8Array) || images.length !== bytes) {
    throw useless(`a Uint8Array of ${bytes} bytes from split ${split.name}, read([0])`, `${images.length}`);
  }
  if (!(Number.isInteger(label) && label >= 0 && label < labels.length)) {
    throw useless(`a label below ${labels.length} from split ${split.name}, read([0])`, String(label));
  }
  const shared = split.share();
  if (shared.rows.length !== split.count || shared.height !== height || shared.width !== width) {
    throw useless(
      `${split.count} rows of ${width}×${height} from split ${split.name}, share()`,
      `${shared.rows.length} of ${shared.width}×${shared.height}`,
    );
  }
}

function membersOf({ properties }: TObject): string {
  return Object.keys(properties)
    .filter((key) => !Type.IsOptional(properties[key]))
    .join(', ');
}

function parser<S extends TSchema>(schema: S) {
  return (value: unknown): { readonly part: Static<S> } | { readonly problem: string } => {
    if (Check(schema, value)) return { part: value };
    // Of a union each member's complaint is more than its own.
    const complaints = Errors(schema, value).filter(({ keyword }) => keyword !== 'anyOf');
    const texts = complaints.map(({ instancePath, message }) =>
      `${instancePath.slice(1).replaceAll('/', '.')} ${message}`.trim(),
    );
    return { problem: texts.slice(0, 3).join('; ') };
  };
}

function useless(expected: string, received: string): KilnError {
  return new KilnError('PART_INVALID', { expected, received });
}
