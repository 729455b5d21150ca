import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { KilnError } from '../errors/errors.js';
import { unknownName } from './names.js';

/** What decides the arithmetic of a run: a resumed run takes it from here and nowhere else. */
export const runChoices = Type.Object({
  dataset: Type.String(),
  /** Absolute: a resumed run may begin in another folder. */
  dataDir: Type.String(),
  /** Pixels a side, for `folder`. */
  imageSize: Type.Optional(Type.Integer({ minimum: 1 })),
  trainOn: Type.Union([Type.Literal('train'), Type.Literal('train+validation')]),
  /** A name, or the absolute path of a module; so are dataset and recipe. */
  network: Type.String(),
  recipe: Type.String(),
  /** The file whose weights the run began with, and its sha256. */
  init: Type.Optional(Type.Object({ path: Type.String(), digest: Type.String() })),
  length: Type.Union([Type.Object({ epochs: Type.Number() }), Type.Object({ steps: Type.Integer() })]),
  batch: Type.Integer({ minimum: 1 }),
  seed: Type.Integer({ minimum: 0 }),
  /** The run's limit, resumed parts included. */
  seconds: Type.Optional(Type.Number()),
  /** Examples of a shuffle buffer; absent: whole epochs are shuffled. */
  shuffleBuffer: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Times the recipe's learning rate; absent: as it is. */
  rateScale: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  /** False: the averages are the weights themselves. */
  ema: Type.Optional(Type.Literal(false)),
});

export type RunChoices = Static<typeof runChoices>;

/** config.json: all that it takes to repeat the run, and what it ran on. */
export const runConfig = Type.Object({
  format: Type.Literal(1),
  /** ISO 8601 */
  startedAt: Type.String(),
  /** As it was typed. */
  command: Type.String(),
  choices: runChoices,
  /** sha256 of the dataset and the number of its examples that are trained on. */
  data: Type.Object({ digest: Type.String(), count: Type.Integer(), labels: Type.Array(Type.String()) }),
  totalSteps: Type.Integer(),
  /** What the recipe came to: a recipe that was changed since does not continue the run. */
  settings: Type.Unknown(),
  provenance: Type.Object({
    version: Type.String(),
    commit: Type.String(),
    node: Type.String(),
    onnxruntime: Type.String(),
    machine: Type.String(),
  }),
});

export type RunConfig = Static<typeof runConfig>;

const files = {
  config: 'config.json',
  log: 'log.txt',
  metrics: 'metrics.csv',
  report: 'report.html',
  checkpoints: 'checkpoints',
} as const;

/** A run's folder: `runs/<name>/{config.json, log.txt, metrics.csv, report.html, checkpoints/}`. */
export class Run {
  constructor(
    readonly name: string,
    readonly folder: string,
    readonly config: RunConfig,
  ) {}

  get checkpoints(): string {
    return join(this.folder, files.checkpoints);
  }

  get metricsFile(): string {
    return join(this.folder, files.metrics);
  }

  get configFile(): string {
    return join(this.folder, files.config);
  }

  get logFile(): string {
    return join(this.folder, files.log);
  }

  get reportFile(): string {
    return join(this.folder, files.report);
  }

  /** Adds a line to log.txt. */
  log(line: string): void {
    appendLine(this.logFile, line);
  }
}

/** @throws RUN_UNWRITABLE with the system's reason: a full disk, a folder that was removed */
export function appendLine(path: string, line: string): void {
  try {
    appendFileSync(path, `${line}\n`);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Writes a file of a run that is there whole or not at all when the process is killed: under another name beside it,
 * then renamed.
 * @throws RUN_UNWRITABLE with the system's reason; what stood at `path` stays as it was
 */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    throw unwritable(path, error);
  }
}

export function unwritable(path: string, error: unknown): KilnError {
  return new KilnError('RUN_UNWRITABLE', {
    expected: `${path} to be writable`,
    received: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

/**
 * Makes a run's folder, whole at once: it is prepared beside its place and renamed. A taken name gets a number.
 * @throws OPTION_INVALID for a name that is a path, RUN_UNWRITABLE
 */
export async function createRun(runs: string, name: string, config: RunConfig): Promise<Run> {
  if (name === '' || name.startsWith('.') || /[\\/]/.test(name)) {
    throw new KilnError('OPTION_INVALID', {
      expected: `a run's name without slashes, not beginning with a dot (--runs names the folder)`,
      received: name,
    });
  }
  const draft = join(runs, `.${name}-${randomUUID()}`);
  try {
    await mkdir(join(draft, files.checkpoints), { recursive: true });
    writeFileSync(join(draft, files.config), `${JSON.stringify(config, null, 2)}\n`);
    for (let number = 1; ; number += 1) {
      const free = number === 1 ? name : `${name}-${number}`;
      const folder = join(runs, free);
      if (existsSync(folder)) continue;
      try {
        await rename(draft, folder);
        return new Run(free, folder, config);
      } catch (error) {
        if (!existsSync(folder)) throw error;
        // Another process took the name in between.
      }
    }
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {});
    throw unwritable(resolve(runs), error);
  }
}

/** Whether a folder has a run's config.json, whatever is in it. */
export function looksLikeRun(folder: string): boolean {
  return existsSync(join(folder, files.config));
}

/**
 * Opens a run by its name in `runs`, or by the path of its folder.
 * @throws RUN_NOT_FOUND naming the closest one
 */
export async function openRun(runs: string, name: string): Promise<Run> {
  const folder = [join(runs, name), name].find(looksLikeRun);
  if (folder === undefined || (isAbsolute(name) && folder !== name)) {
    throw unknownName('RUN_NOT_FOUND', name, await runNames(runs));
  }
  const config = await readConfig(folder);
  if (config === undefined) {
    throw new KilnError('RUN_NOT_FOUND', {
      expected: `a config.json of this version in ${folder}`,
      received: 'another',
    });
  }
  return new Run(resolve(folder).split(sep).at(-1)!, folder, config);
}

/** Names of the runs in a folder, the one begun last at the end. */
export async function runNames(runs: string): Promise<readonly string[]> {
  const entries = await readdir(runs).catch(() => []);
  const started = await Promise.all(
    entries.map(async (name) => {
      const config = name.startsWith('.') ? undefined : await readConfig(join(runs, name));
      return config === undefined ? [] : [{ name, at: config.startedAt }];
    }),
  );
  return started
    .flat()
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ name }) => name);
}

/** Undefined where there is none, or one of another format. */
async function readConfig(folder: string): Promise<RunConfig | undefined> {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, files.config), 'utf8'));
    return Check(runConfig, config) ? config : undefined;
  } catch {
    return undefined;
  }
}
